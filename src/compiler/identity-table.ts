/**
 * Identities: classes of addresses that no live peer list tells apart. A list that appears splits classes and renumbers only what it divides; a number is
 * never used again.
 */

import { maskAddress, type Address, type Prefix } from '../model/ip.ts';
import type { Labels } from '../model/labels.ts';
import type { ContainerPort } from '../model/objects.ts';
import { makePortNumberList, selectsPod, type PeerList } from '../policy/peer-list.ts';
import { nameKey, resolvePortName, type PortName } from '../policy/ruleset.ts';
import { labelsKey } from '../policy/selector.ts';

export interface LiveList {
  readonly id: number;
  readonly list: PeerList;
  /** Rulesets that use it. A list without users stays for a while: it may come back, and forgetting it costs writes. */
  users: number;
}

/** A class of addresses. Its meaning never changes for a ruleset that refers to it. */
export interface Identity {
  readonly id: number;
  readonly lists: Set<LiveList>;
  readonly members: Set<Member>;
}

/** A pod's labels and ports, as far as peer lists ask. */
export interface PodFacts {
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
  readonly ports: readonly ContainerPort[];
}

/** An address (length 128) or a prefix that has an identity: a pod's, a block's edge, the node's own. */
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

/** All pods of one namespace with equal labels: selectors are asked once for them all. */
interface PodGroup {
  readonly key: string;
  readonly namespace: string;
  readonly labels: Labels;
  namespaceLabels: Labels;
  readonly lists: Set<LiveList>;
  readonly members: Set<Member>;
}

/** A member as it was told last: before and after of every change since `takeChanges`. */
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

export class IdentityTable {
  /** Identity 0: in no live list. Every stranger has it, so it is never split off or merged. */
  readonly none: Identity = { id: 0, lists: new Set(), members: new Set() };
  readonly #byKey = new Map<string, Identity>([['', this.none]]);
  readonly #lists = new Map<string, LiveList>();
  readonly #names = new Map<string, { readonly name: PortName; users: number }>();
  readonly #groups = new Map<string, PodGroup>();
  readonly #groupsOf = new Map<string, Set<PodGroup>>();
  readonly #members = new Map<number, Map<Address, Member>>();
  /** As members were at the last `takeChanges`. */
  readonly #changes = new Map<Member, Omit<MemberChange, 'gone'>>();
  /** Members dropped since then, by prefix: one that comes again is the same one. */
  readonly #dropped = new Map<string, Member>();
  #edgeMembers = 0;
  #nextIdentity = 1;
  #nextList = 1;

  /** All identities but 0, empty ones that have not been forgotten too. */
  *identities(): Generator<Identity> {
    for (const identity of this.#byKey.values()) if (identity !== this.none) yield identity;
  }

  get size(): number {
    return this.#byKey.size - 1;
  }

  /** Addresses and prefixes at which some live list's cidr or except stands. */
  get edgeMembers(): number {
    return this.#edgeMembers;
  }

  get unusedLists(): number {
    let count = 0;
    for (const live of this.#lists.values()) if (live.users === 0) count += 1;
    return count;
  }

  *members(): Generator<Member> {
    for (const members of this.#members.values()) yield* members.values();
  }

  find(address: Address, length = 128): Member | undefined {
    return this.#members.get(length)?.get(address);
  }

  /** The identity that the kernel's look-ups give for an address: exact first, then the longest prefix. */
  identityOf(address: Address): Identity {
    const lengths = [...this.#members.keys()].sort((a, b) => b - a);
    for (const length of lengths) {
      const member = this.find(maskAddress(address, length), length);
      if (member !== undefined && hasRow(member)) return member.identity;
    }
    return this.none;
  }

  /* Members */

  /** Say whose pod an address is, or that it is nobody's. Empty members are dropped. */
  setPod(address: Address, facts: PodFacts | undefined): void {
    const member = facts === undefined ? this.find(address) : this.#memberAt({ address, length: 128 });
    if (member === undefined) return;
    this.#leaveGroup(member);
    member.ports = facts?.ports ?? [];
    if (facts !== undefined) this.#joinGroup(member, facts);
    this.#settle(member);
  }

  setOwnNode(address: Address, ownNode: boolean): void {
    const member = ownNode ? this.#memberAt({ address, length: 128 }) : this.find(address);
    if (member === undefined || member.ownNode === ownNode) return;
    this.#noteChange(member);
    member.ownNode = ownNode;
    this.#settle(member);
  }

  /** A prefix that must have a row though no list has an edge there (::ffff:0:0/96). */
  pinPrefix(prefix: Prefix): void {
    this.#addEdge(prefix);
  }

  setNamespaceLabels(namespace: string, labels: Labels): void {
    for (const group of this.#groupsOf.get(namespace) ?? []) {
      group.namespaceLabels = labels;
      group.lists.clear();
      this.#askLists(group);
      for (const member of group.members) this.#settle(member);
    }
  }

  /* Lists */

  acquire(list: PeerList): LiveList {
    const live = this.#lists.get(list.key) ?? this.#addList(list);
    live.users += 1;
    return live;
  }

  release(live: LiveList): void {
    live.users -= 1;
  }

  /** From now on identities tell apart which number this port name has. */
  acquireName(name: PortName): void {
    const key = nameKey(name);
    const entry = this.#names.get(key);
    if (entry !== undefined) {
      entry.users += 1;
      return;
    }
    this.#names.set(key, { name, users: 1 });
    const numbers = new Set<number>();
    for (const member of this.#members.get(128)?.values() ?? []) {
      const number = resolvePortName(member.ports, name);
      if (number !== undefined) numbers.add(number);
    }
    for (const number of numbers) this.#addList(makePortNumberList(name.protocol, name.name, number));
  }

  releaseName(name: PortName): void {
    const entry = this.#names.get(nameKey(name));
    if (entry !== undefined) entry.users -= 1;
  }

  /** How many identities a list would split off, were it acquired now; 0 for one that is live. */
  countSplits(list: PeerList): number {
    if (this.#lists.has(list.key)) return 0;
    const inside = countByIdentity(this.#membersIn(list));
    let splits = 0;
    for (const [identity, count] of inside) if (identity === this.none || count < identity.members.size) splits += 1;
    return splits;
  }

  /** How many identities lie in a list. */
  countInside(list: PeerList): number {
    const live = this.#lists.get(list.key);
    if (live === undefined) return countByIdentity(this.#membersIn(list)).size;
    let count = 0;
    for (const identity of this.#byKey.values()) if (identity.lists.has(live)) count += 1;
    return count;
  }

  /** Forget lists that nobody uses, and merge the identities that only they told apart. The caller has swept every ruleset that named them. */
  compact(): void {
    const dead = [...this.#lists.values()].filter((live) => live.users === 0 && live.list.kind === 'peers');
    const deadNames = [...this.#names.values()].filter((entry) => entry.users === 0);
    for (const { name } of deadNames) {
      this.#names.delete(nameKey(name));
      for (const live of this.#lists.values()) {
        if (live.list.kind === 'port-number' && nameKey(live.list) === nameKey(name)) dead.push(live);
      }
    }
    if (dead.length === 0) return;
    for (const live of dead) {
      this.#lists.delete(live.list.key);
      for (const group of this.#groups.values()) group.lists.delete(live);
      if (live.list.kind === 'peers') for (const edge of live.list.blocks.prefixes()) this.#dropEdge(edge);
    }
    for (const [key, identity] of [...this.#byKey]) {
      if (identity === this.none || !dead.some((live) => identity.lists.has(live))) continue;
      this.#byKey.delete(key);
      for (const live of dead) identity.lists.delete(live);
      const twin = this.#byKey.get(keyOf(identity.lists));
      if (twin === undefined) {
        this.#byKey.set(keyOf(identity.lists), identity);
        continue;
      }
      const [kept, gone] = twin === this.none || twin.members.size >= identity.members.size ? [twin, identity] : [identity, twin];
      this.#byKey.set(keyOf(kept.lists), kept);
      for (const member of [...gone.members]) this.#move(member, kept);
    }
  }

  /** Drop an identity without members. Its number is never used again. */
  forget(identity: Identity): void {
    const key = keyOf(identity.lists);
    if (identity.members.size === 0 && identity !== this.none && this.#byKey.get(key) === identity) this.#byKey.delete(key);
  }

  /** Members whose identity, existence, row or node flag changed since the last call. */
  takeChanges(): MemberChange[] {
    const changes = [...this.#changes.values()].map((change) => ({
      ...change,
      gone: this.find(change.member.address, change.member.length) !== change.member,
    }));
    this.#changes.clear();
    this.#dropped.clear();
    return changes.filter(({ member, before, ownNodeBefore, hadRow, gone }) => {
      if (gone) return before !== undefined;
      return before !== member.identity || ownNodeBefore !== member.ownNode || hadRow !== hasRow(member);
    });
  }

  #addList(list: PeerList): LiveList {
    const live: LiveList = { id: this.#nextList++, list, users: 0 };
    if (list.kind === 'peers') {
      for (const edge of list.blocks.prefixes()) this.#addEdge(edge);
    }
    const inside = this.#membersIn(list);
    this.#lists.set(list.key, live);
    for (const group of this.#groups.values()) {
      if (selectsPod(list, group.namespace, group.namespaceLabels, group.labels)) group.lists.add(live);
    }
    for (const [identity, members] of groupByIdentity(inside)) this.#split(identity, members, live);
    return live;
  }

  /** The larger part keeps the number: either may, since no ruleset in force can tell them apart yet. */
  #split(identity: Identity, inside: ReadonlySet<Member>, live: LiveList): void {
    const key = keyOf(identity.lists);
    const keeps = identity !== this.none && inside.size * 2 > identity.members.size;
    if (!keeps) {
      const split = this.#newIdentity(new Set([...identity.lists, live]));
      for (const member of inside) this.#move(member, split);
      return;
    }
    const outside = [...identity.members].filter((member) => !inside.has(member));
    const before = new Set(identity.lists);
    this.#byKey.delete(key);
    identity.lists.add(live);
    this.#byKey.set(keyOf(identity.lists), identity);
    if (outside.length === 0) return;
    const split = this.#newIdentity(before);
    for (const member of outside) this.#move(member, split);
  }

  #newIdentity(lists: Set<LiveList>): Identity {
    const identity: Identity = { id: this.#nextIdentity++, lists, members: new Set() };
    this.#byKey.set(keyOf(lists), identity);
    return identity;
  }

  #membersIn(list: PeerList): Set<Member> {
    const inside = new Set<Member>();
    if (list.kind === 'port-number') {
      for (const member of this.#members.get(128)?.values() ?? []) if (resolvePortName(member.ports, list) === list.number) inside.add(member);
      return inside;
    }
    for (const group of this.#groups.values()) {
      if (!selectsPod(list, group.namespace, group.namespaceLabels, group.labels)) continue;
      for (const member of group.members) inside.add(member);
    }
    if (!list.blocks.isEmpty) {
      for (const member of this.members()) if (list.blocks.contains(member.address, member.length)) inside.add(member);
    }
    return inside;
  }

  #memberAt(prefix: Prefix): Member {
    const existing = this.find(prefix.address, prefix.length);
    if (existing !== undefined) return existing;
    const dropped = this.#dropped.get(prefixKey(prefix));
    const member: Member = dropped ?? { ...prefix, group: undefined, ports: [], edges: 0, ownNode: false, identity: this.none };
    member.identity = this.none;
    let members = this.#members.get(prefix.length);
    if (members === undefined) this.#members.set(prefix.length, (members = new Map()));
    members.set(prefix.address, member);
    this.none.members.add(member);
    if (dropped === undefined) this.#changes.set(member, { member, before: undefined, ownNodeBefore: false, hadRow: false });
    return member;
  }

  /** Give a member the identity that its facts call for, or drop it when nothing holds it any more. */
  #settle(member: Member): void {
    if (member.group === undefined && member.edges === 0 && !member.ownNode) {
      this.#noteChange(member);
      this.#members.get(member.length)?.delete(member.address);
      member.identity.members.delete(member);
      this.#dropped.set(prefixKey(member), member);
      return;
    }
    const lists = new Set(member.group?.lists);
    for (const { name } of this.#names.values()) {
      const number = resolvePortName(member.ports, name);
      if (number !== undefined) lists.add(this.#portNumberList(name, number));
    }
    for (const live of this.#lists.values()) {
      if (live.list.kind === 'peers' && live.list.blocks.contains(member.address, member.length)) lists.add(live);
    }
    this.#move(member, this.#byKey.get(keyOf(lists)) ?? this.#newIdentity(lists));
  }

  /**
   * The list of a number that a live port name has. A new one is not split off from what is there: rulesets already refer to this name, so identities
   * must not learn of the number in place. Members come into it one by one, as they are settled.
   */
  #portNumberList(name: PortName, number: number): LiveList {
    const list = makePortNumberList(name.protocol, name.name, number);
    let live = this.#lists.get(list.key);
    if (live === undefined) {
      live = { id: this.#nextList++, list, users: 0 };
      this.#lists.set(list.key, live);
    }
    return live;
  }

  #move(member: Member, identity: Identity): void {
    if (member.identity === identity) return;
    this.#noteChange(member);
    member.identity.members.delete(member);
    identity.members.add(member);
    member.identity = identity;
  }

  #noteChange(member: Member): void {
    if (this.#changes.has(member)) return;
    this.#changes.set(member, { member, before: member.identity, ownNodeBefore: member.ownNode, hadRow: hasRow(member) });
  }

  #addEdge(edge: Prefix): void {
    const member = this.#memberAt(edge);
    this.#noteChange(member);
    member.edges += 1;
    if (member.edges === 1) this.#edgeMembers += 1;
    this.#settle(member);
  }

  #dropEdge(edge: Prefix): void {
    const member = this.find(edge.address, edge.length);
    if (member === undefined) return;
    this.#noteChange(member);
    member.edges -= 1;
    if (member.edges === 0) this.#edgeMembers -= 1;
    if (member.group === undefined && member.edges === 0 && !member.ownNode) this.#settle(member);
  }

  #joinGroup(member: Member, facts: PodFacts): void {
    const key = `${facts.namespace}\n${labelsKey(facts.labels)}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      const { namespace, namespaceLabels, labels } = facts;
      group = { key, namespace, namespaceLabels, labels, lists: new Set(), members: new Set() };
      this.#groups.set(key, group);
      const siblings = this.#groupsOf.get(namespace);
      if (siblings === undefined) this.#groupsOf.set(namespace, new Set([group]));
      else siblings.add(group);
      this.#askLists(group);
    }
    group.members.add(member);
    member.group = group;
  }

  #leaveGroup(member: Member): void {
    const group = member.group;
    if (group === undefined) return;
    group.members.delete(member);
    member.group = undefined;
    if (group.members.size > 0) return;
    this.#groups.delete(group.key);
    this.#groupsOf.get(group.namespace)?.delete(group);
  }

  #askLists(group: PodGroup): void {
    for (const live of this.#lists.values()) {
      if (selectsPod(live.list, group.namespace, group.namespaceLabels, group.labels)) group.lists.add(live);
    }
  }
}

/** Prefixes always have a row. An exact address has one where it is more than its prefixes say: a class of its own, a block's edge, the node's own. */
export function hasRow(member: Member): boolean {
  return member.length < 128 || member.edges > 0 || member.ownNode || member.identity.id !== 0;
}

function prefixKey({ address, length }: Prefix): string {
  return `${address}/${length}`;
}

function keyOf(lists: ReadonlySet<LiveList>): string {
  return [...lists]
    .map((live) => live.id)
    .sort((a, b) => a - b)
    .join(',');
}

function groupByIdentity(members: Iterable<Member>): Map<Identity, Set<Member>> {
  const groups = new Map<Identity, Set<Member>>();
  for (const member of members) {
    const group = groups.get(member.identity);
    if (group === undefined) groups.set(member.identity, new Set([member]));
    else group.add(member);
  }
  return groups;
}

function countByIdentity(members: Iterable<Member>): Map<Identity, number> {
  const counts = new Map<Identity, number>();
  for (const member of members) counts.set(member.identity, (counts.get(member.identity) ?? 0) + 1);
  return counts;
}
