/**
 * Identities: classes of addresses that no live peer list tells apart. A list that appears splits classes and renumbers only what it divides; a number is
 * never used again.
 */

import type { Address, Prefix } from '../model/ip.ts';
import type { Labels } from '../model/labels.ts';
import { makePortNumberList, type PeerList } from '../policy/peer-list.ts';
import { nameKey, resolvePortName, type PortName } from '../policy/ruleset.ts';
import { IdentityIndex } from './identity-index.ts';
import { KeyedSets } from './keyed-sets.ts';
import { LiveLists } from './live-lists.ts';
import { isIdle, Members, type Identity, type LiveList, type Member, type PodGroup } from './members.ts';
import { PodGroups, type PodFacts } from './pod-groups.ts';

export class IdentityTable {
  /** Identity 0: in no live list. Every stranger has it, so it is never split off or merged. */
  readonly none: Identity = { id: 0, lists: new Set(), members: new Set() };
  readonly members = new Members(this.none);
  readonly #groups = new PodGroups();
  readonly #index = new IdentityIndex();
  readonly #lists = new LiveLists();
  /** Pods' addresses by the names of their ports. */
  readonly #named = new KeyedSets<string, Member>();
  readonly #fresh = new Set<Identity>();
  #nextIdentity = 1;

  constructor() {
    this.#index.add(this.none);
  }

  /** Identities that are new since they were last taken, and have members. Those without are forgotten. */
  takeFresh(): Identity[] {
    const fresh = [...this.#fresh];
    this.#fresh.clear();
    for (const identity of fresh) if (identity.members.size === 0) this.forget(identity);
    return fresh.filter((identity) => identity.members.size > 0);
  }

  /** Identities that one of the lists, or a number for one of the port names, takes in. */
  identitiesIn(lists: Iterable<LiveList>, names: readonly PortName[]): Set<Identity> {
    const inside = new Set<Identity>();
    const add = (live: LiveList): void => live.identities.forEach((identity) => inside.add(identity));
    for (const live of lists) add(live);
    for (const name of names) for (const live of this.#lists.ofName(name)) add(live);
    return inside;
  }

  get size(): number {
    return this.#index.size - 1;
  }

  get unusedLists(): number {
    return this.#lists.unused;
  }

  /* Members */

  /** Say whose pod an address is, or that it is nobody's. */
  setPod(address: Address, facts: PodFacts | undefined): void {
    const member = facts === undefined ? this.members.find(address) : this.members.at({ address, length: 128 });
    if (member === undefined) return;
    this.#groups.leave(member);
    for (const { key } of namedPorts(member)) this.#named.delete(key, member);
    member.ports = facts?.ports ?? [];
    for (const { key } of namedPorts(member)) this.#named.add(key, member);
    if (facts !== undefined) this.#groups.join(member, facts, (group) => this.#askLists(group));
    this.#settle(member);
  }

  setOwnNode(address: Address, ownNode: boolean): void {
    const member = ownNode ? this.members.at({ address, length: 128 }) : this.members.find(address);
    if (member === undefined || member.ownNode === ownNode) return;
    this.members.setOwnNode(member, ownNode);
    this.#settle(member);
  }

  /** A prefix that must have a row though no list has an edge there (::ffff:0:0/96). */
  pinPrefix(prefix: Prefix): void {
    this.#addEdge(prefix);
  }

  setNamespaceLabels(namespace: string, labels: Labels): void {
    this.#groups.setNamespaceLabels(namespace, labels);
    for (const group of this.#groups.inNamespace(namespace)) {
      group.lists.clear();
      this.#askLists(group);
      for (const member of group.members) this.#settle(member);
    }
  }

  /* Lists */

  acquire(list: PeerList): LiveList {
    const live = this.#lists.get(list) ?? this.#addList(list);
    live.users += 1;
    return live;
  }

  release(live: LiveList): void {
    live.users -= 1;
  }

  /** From now on identities tell apart which number this port name has. */
  acquireName(name: PortName): void {
    if (this.#lists.acquireName(name)) for (const list of this.portNumbers(name)) this.#addList(list);
  }

  releaseName(name: PortName): void {
    this.#lists.releaseName(name);
  }

  /** A list for each number that a port name has at some pod. */
  portNumbers(name: PortName): PeerList[] {
    const numbers = new Set<number>();
    for (const member of this.#named.get(nameKey(name)) ?? []) {
      const number = resolvePortName(member.ports, name);
      if (number !== undefined) numbers.add(number);
    }
    return [...numbers].map((number) => makePortNumberList(name.protocol, name.name, number));
  }

  isLive(list: PeerList): boolean {
    return this.#lists.get(list) !== undefined;
  }

  /** Forget lists that nobody uses, and merge the identities that only they told apart: no ruleset that is left in the kernel names them. */
  compact(): void {
    const dead = this.#takeDeadLists();
    if (dead.length === 0) return;
    for (const identity of new Set(dead.flatMap((live) => [...live.identities]))) {
      const merged = this.#index.delete(identity) === undefined;
      for (const live of dead) identity.lists.delete(live);
      if (!merged) this.#mergeWithTwin(identity);
    }
  }

  /** Drop an identity without members. Its number is never used again. */
  forget(identity: Identity): void {
    if (identity.members.size > 0 || identity === this.none) return;
    this.#index.delete(identity);
    for (const live of identity.lists) live.identities.delete(identity);
    this.members.empty.delete(identity);
    this.#fresh.delete(identity);
  }

  #takeDeadLists(): LiveList[] {
    const dead = this.#lists.takeUnused();
    for (const live of dead) {
      for (const group of this.#groups.selectedBy(live.list)) group.lists.delete(live);
      if (live.list.kind === 'peers') for (const edge of live.list.blocks.prefixes()) this.#dropEdge(edge);
    }
    return dead;
  }

  /** Two identities of equal lists become one; the larger keeps its number. */
  #mergeWithTwin(identity: Identity): void {
    const twin = this.#index.find(identity.lists);
    const keepsTwin = twin !== undefined && (twin === this.none || twin.members.size >= identity.members.size);
    const kept = keepsTwin ? twin : identity;
    const gone = keepsTwin ? identity : twin;
    if (gone !== undefined) this.#index.delete(gone);
    if (kept !== twin) this.#index.add(kept);
    for (const member of [...(gone?.members ?? [])]) this.members.move(member, kept);
  }

  #addList(list: PeerList): LiveList {
    if (list.kind === 'peers') for (const edge of list.blocks.prefixes()) this.#addEdge(edge);
    const groups = this.#groups.selectedBy(list);
    const inside = new Map<Identity, Set<Member>>();
    this.#visitMembers(list, groups, (member) => {
      const alike = inside.get(member.identity);
      if (alike === undefined) inside.set(member.identity, new Set([member]));
      else alike.add(member);
    });
    const live = this.#lists.add(list);
    for (const group of groups) group.lists.add(live);
    for (const [identity, members] of inside) this.#split(identity, members, live);
    return live;
  }

  /** The larger part keeps the number: either may, since no ruleset in force can tell them apart yet. */
  #split(identity: Identity, inside: ReadonlySet<Member>, live: LiveList): void {
    if (identity === this.none || inside.size * 2 <= identity.members.size) {
      const split = this.#newIdentity(new Set([...identity.lists, live]));
      for (const member of inside) this.members.move(member, split);
      return;
    }
    const before = inside.size < identity.members.size ? new Set(identity.lists) : undefined;
    this.#index.extend(identity, live);
    live.identities.add(identity);
    if (before === undefined) return;
    const outside = [...identity.members].filter((member) => !inside.has(member));
    const split = this.#newIdentity(before);
    for (const member of outside) this.members.move(member, split);
  }

  #newIdentity(lists: Set<LiveList>): Identity {
    const identity: Identity = { id: this.#nextIdentity++, lists, members: new Set() };
    this.#index.add(identity);
    for (const live of lists) live.identities.add(identity);
    this.#fresh.add(identity);
    return identity;
  }

  /** Pods that a list takes in, and every other address and prefix inside. */
  membersIn(list: PeerList): Set<Member> {
    const inside = new Set<Member>();
    this.#visitMembers(list, this.#groups.selectedBy(list), (member) => inside.add(member));
    return inside;
  }

  /** Some of them more than once. `groups`: those that the list selects. */
  #visitMembers(list: PeerList, groups: ReadonlySet<PodGroup>, visit: (member: Member) => void): void {
    if (list.kind === 'port-number') {
      for (const member of this.#named.get(nameKey(list)) ?? []) if (resolvePortName(member.ports, list) === list.number) visit(member);
      return;
    }
    for (const group of groups) for (const member of group.members) visit(member);
    for (const cidr of list.blocks.cidrs()) {
      for (const member of this.members.near(cidr)) {
        const selected = member.group !== undefined && groups.has(member.group);
        if (!selected && list.blocks.contains(member.address, member.length)) visit(member);
      }
    }
  }

  /** Give a member the identity that its facts call for, or drop it when nothing holds it any more. */
  #settle(member: Member): void {
    if (isIdle(member)) {
      this.members.drop(member);
      return;
    }
    const lists = new Set(member.group?.lists);
    for (const { key, port } of namedPorts(member)) {
      const name = this.#lists.liveName(key);
      if (name !== undefined) lists.add(this.#portNumberList(name, port));
    }
    for (const live of this.#lists.ofAddress(member.address, member.length)) lists.add(live);
    this.members.move(member, this.#index.find(lists) ?? this.#newIdentity(lists));
  }

  /**
   * The list of a number that a live port name has. A new one is not split off from what is there: rulesets already refer to this name, so identities
   * must not learn of the number in place. Members come into it one by one, as they are settled.
   */
  #portNumberList(name: PortName, number: number): LiveList {
    const list = makePortNumberList(name.protocol, name.name, number);
    return this.#lists.get(list) ?? this.#lists.add(list);
  }

  #addEdge(edge: Prefix): void {
    const member = this.members.at(edge);
    this.members.changeEdges(member, 1);
    this.#settle(member);
  }

  #dropEdge(edge: Prefix): void {
    const member = this.members.find(edge.address, edge.length);
    if (member === undefined) return;
    this.members.changeEdges(member, -1);
    if (isIdle(member)) this.members.drop(member);
  }

  #askLists(group: PodGroup): void {
    for (const live of this.#lists.ofPod(group.namespace, group.namespaceLabels, group.labels)) group.lists.add(live);
  }
}

/** What each of a pod's port names stands for: the first of that name and protocol. */
function namedPorts({ ports }: Member): { readonly key: string; readonly port: number }[] {
  const found = new Map<string, number>();
  for (const { name, protocol, port } of ports) {
    if (name === undefined) continue;
    const key = nameKey({ protocol, name });
    if (!found.has(key)) found.set(key, port);
  }
  return [...found].map(([key, port]) => ({ key, port }));
}
