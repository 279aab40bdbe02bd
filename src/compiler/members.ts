/** Addresses and prefixes that have an identity, and what changed about them since the last flush. */

import { maskAddress, type Address, type Prefix } from '../model/ip.ts';
import type { Labels } from '../model/labels.ts';
import type { ContainerPort } from '../model/objects.ts';
import type { PeerList } from '../policy/peer-list.ts';
import { MemberIndex } from './member-index.ts';

export interface LiveList {
  readonly id: number;
  /** 32 random bits: nobody can write lists whose sets are hard to tell apart. */
  readonly hash: number;
  readonly list: PeerList;
  /** Identities inside that have not been forgotten. */
  readonly identities: Set<Identity>;
  /** Rulesets that use it. A list without users stays for a while: it may come back, and forgetting it costs writes. */
  users: number;
}

/** A class of addresses. Its meaning never changes for a ruleset that refers to it. */
export interface Identity {
  readonly id: number;
  readonly lists: Set<LiveList>;
  readonly members: Set<Member>;
}

/** All pods of one namespace with equal labels: selectors are asked once for them all. */
export interface PodGroup {
  readonly key: string;
  readonly namespace: string;
  readonly labels: Labels;
  namespaceLabels: Labels;
  readonly lists: Set<LiveList>;
  readonly members: Set<Member>;
}

/** An address (length 128) or a prefix: a pod's, a block's edge, the node's own. */
export interface Member {
  readonly address: Address;
  readonly length: number;
  group: PodGroup | undefined;
  ports: readonly ContainerPort[];
  /** How many live lists have a cidr or except exactly here. */
  edges: number;
  ownNode: boolean;
  identity: Identity;
}

export interface MemberChange {
  readonly member: Member;
  /** Identity before; `undefined` for a member that was not there. */
  readonly before: Identity | undefined;
  readonly ownNodeBefore: boolean;
  /** It had a row in the kernel. */
  readonly hadRow: boolean;
  /** It is not there any more. */
  readonly gone: boolean;
}

const EXACT = 128;

export class Members {
  readonly #none: Identity;
  /** Identities without members that had some. */
  readonly empty = new Set<Identity>();
  readonly #byLength = new Map<number, Map<Address, Member>>();
  /** As members were at the last `takeChanges`. */
  readonly #changes = new Map<Member, Omit<MemberChange, 'gone'>>();
  /** Members dropped since then, by prefix: one that comes again is the same one. */
  readonly #dropped = new Map<string, Member>();
  readonly #index = new MemberIndex<Member>();
  readonly #edges = { prefixes: 0, addresses: 0 };
  readonly #droppedRows = { prefixes: 0, addresses: 0 };

  /** `none`: the identity of whoever is in no list. */
  constructor(none: Identity) {
    this.#none = none;
  }

  /** How many addresses and prefixes are an edge of some block. */
  get edges(): number {
    return this.#edges.prefixes + this.#edges.addresses;
  }

  /** As `edges`: those in the trie, and those in the exact hash. */
  get edgeRows(): { readonly prefixes: number; readonly addresses: number } {
    return this.#edges;
  }

  /** Prefixes and addresses dropped since the last `takeChanges`: they may have rows in the kernel still. */
  get dropped(): { readonly prefixes: number; readonly addresses: number } {
    return this.#droppedRows;
  }

  *all(): Generator<Member> {
    for (const members of this.#byLength.values()) yield* members.values();
  }

  exact(): Iterable<Member> {
    return this.#byLength.get(EXACT)?.values() ?? [];
  }

  /** Those that have a row in the kernel: exact addresses, or prefixes. */
  *withRow(exact: boolean): Generator<Member> {
    for (const [length, members] of this.#byLength) {
      if ((length === EXACT) === exact) for (const member of members.values()) if (hasRow(member)) yield member;
    }
  }

  /** Members that may lie under a prefix, and all that do. */
  near(prefix: Prefix): Iterable<Member> {
    return this.#index.near(prefix);
  }

  find(address: Address, length = EXACT): Member | undefined {
    return this.#byLength.get(length)?.get(address);
  }

  /** The identity that the kernel's look-ups give for an address: exact first, then the longest prefix. */
  identityOf(address: Address): Identity {
    const lengths = [...this.#byLength.keys()].sort((a, b) => b - a);
    for (const length of lengths) {
      const member = this.find(maskAddress(address, length), length);
      if (member !== undefined && hasRow(member)) return member.identity;
    }
    return this.#none;
  }

  at(prefix: Prefix): Member {
    const existing = this.find(prefix.address, prefix.length);
    if (existing !== undefined) return existing;
    const dropped = this.#dropped.get(keyOf(prefix));
    if (dropped !== undefined) this.#changeDropped(dropped, -1);
    const member: Member = dropped ?? { ...prefix, group: undefined, ports: [], edges: 0, ownNode: false, identity: this.#none };
    member.identity = this.#none;
    this.#none.members.add(member);
    const siblings = this.#byLength.get(prefix.length);
    if (siblings === undefined) this.#byLength.set(prefix.length, new Map([[prefix.address, member]]));
    else siblings.set(prefix.address, member);
    this.#index.add(member);
    if (dropped === undefined) this.#changes.set(member, { member, before: undefined, ownNodeBefore: false, hadRow: false });
    return member;
  }

  drop(member: Member): void {
    this.#note(member);
    this.#byLength.get(member.length)?.delete(member.address);
    this.#index.delete(member);
    this.#leave(member);
    this.#changeDropped(member, 1);
  }

  move(member: Member, identity: Identity): void {
    if (member.identity === identity) return;
    this.#note(member);
    this.#leave(member);
    identity.members.add(member);
    this.empty.delete(identity);
    member.identity = identity;
  }

  setOwnNode(member: Member, ownNode: boolean): void {
    this.#note(member);
    member.ownNode = ownNode;
  }

  changeEdges(member: Member, by: 1 | -1): void {
    this.#note(member);
    member.edges += by;
    if (member.edges === (by === 1 ? 1 : 0)) this.#edges[member.length < EXACT ? 'prefixes' : 'addresses'] += by;
  }

  /** Members whose identity, existence, row or node flag changed since the last call. */
  takeChanges(): MemberChange[] {
    const changes = [...this.#changes.values()].map((change) => ({
      ...change,
      gone: this.find(change.member.address, change.member.length) !== change.member,
    }));
    this.#changes.clear();
    this.#dropped.clear();
    Object.assign(this.#droppedRows, { prefixes: 0, addresses: 0 });
    return changes.filter(({ member, before, ownNodeBefore, hadRow, gone }) => {
      if (gone) return before !== undefined;
      return before !== member.identity || ownNodeBefore !== member.ownNode || hadRow !== hasRow(member);
    });
  }

  #leave(member: Member): void {
    const { identity } = member;
    identity.members.delete(member);
    if (identity.members.size === 0 && identity !== this.#none) this.empty.add(identity);
  }

  #changeDropped(member: Member, by: 1 | -1): void {
    if (by === 1) this.#dropped.set(keyOf(member), member);
    else this.#dropped.delete(keyOf(member));
    this.#droppedRows[member.length < EXACT ? 'prefixes' : 'addresses'] += by;
  }

  /** Remember how a member was, before its first change. */
  #note(member: Member): void {
    if (this.#changes.has(member)) return;
    this.#changes.set(member, { member, before: member.identity, ownNodeBefore: member.ownNode, hadRow: hasRow(member) });
  }
}

/** Prefixes always have a row. An exact address has one where it is more than its prefixes say: a class of its own, a block's edge, the node's own. */
export function hasRow(member: Member): boolean {
  return member.length < EXACT || member.edges > 0 || member.ownNode || member.identity.id !== 0;
}

/** Nothing holds it any more. */
export function isIdle(member: Member): boolean {
  return member.group === undefined && member.edges === 0 && !member.ownNode;
}

function keyOf({ address, length }: Prefix): string {
  return `${address}/${length}`;
}
