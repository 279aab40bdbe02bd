/** The rulesets that are in the kernel or on their way: shared by content, and what each of them says of each identity. */

import { PORT_SET_ALL, PORT_SET_NONE, type PortSet, type PortSetRef } from '../model/plan.ts';
import { containsPorts, isEmptyPorts, portRows, portsKey, unionPorts, type Ports } from '../policy/ports.ts';
import { nameKey, type Grant, type PortName, type RulesetContent } from '../policy/ruleset.ts';
import type { IdentityTable } from './identity-table.ts';
import type { Identity, LiveList } from './members.ts';

/** For each ruleset. */
const UNIONS_KEPT = 8192;

export interface Ruleset {
  /** Never 0 (that is "not isolated"), never used again. */
  readonly id: number;
  readonly content: RulesetContent;
  readonly lists: ReadonlyMap<LiveList, Grant>;
  /** Port names that its egress rules use; identities that resolve one of them have a pair. */
  readonly names: readonly PortName[];
  /** Endpoints that use it. */
  users: number;
  /** What its grants come to together, by the lists of them: identities are many, combinations few. */
  readonly unions: Map<string, Ports>;
}

interface SharedPortSet extends PortSet {
  readonly key: string;
  readonly lengths: number;
  users: number;
}

export class RulesetTable {
  readonly #identities: IdentityTable;
  readonly #rulesets = new Map<string, Ruleset>();
  readonly #portSets = new Map<string, SharedPortSet>();
  #nextRuleset = 1;
  #nextPortSet = PORT_SET_ALL + 1;

  constructor(identities: IdentityTable) {
    this.#identities = identities;
  }

  rulesets(): Iterable<Ruleset> {
    return this.#rulesets.values();
  }

  get size(): number {
    return this.#rulesets.size;
  }

  /** The ruleset of this content; a new one makes its peer lists and port names live. */
  acquire(content: RulesetContent): Ruleset {
    let ruleset = this.#rulesets.get(content.key);
    if (ruleset === undefined) {
      const names = [content.anyone, ...content.grants.map(({ grant }) => grant)].flatMap((grant) => grant.names);
      const unique = [...new Map(names.map((name) => [nameKey(name), name])).values()];
      for (const name of unique) this.#identities.acquireName(name);
      const lists = new Map(content.grants.map(({ list, grant }) => [this.#identities.acquire(list), grant]));
      ruleset = { id: this.#nextRuleset++, content, lists, names: unique, users: 0, unions: new Map() };
      this.#rulesets.set(content.key, ruleset);
    }
    ruleset.users += 1;
    return ruleset;
  }

  release(ruleset: Ruleset): void {
    ruleset.users -= 1;
  }

  /** Drop a ruleset that nobody uses and that is no longer in the kernel. */
  forget(ruleset: Ruleset): void {
    this.#rulesets.delete(ruleset.content.key);
    for (const live of ruleset.lists.keys()) this.#identities.release(live);
    for (const name of ruleset.names) this.#identities.releaseName(name);
  }

  /** What the ruleset allows an identity: what anyone may, what its lists may, port names resolved by the identity. */
  portsFor(ruleset: Ruleset, identity: Identity): Ports {
    const told = toldApart(ruleset, identity);
    const key = told.map((live) => live.id).join(',');
    let ports = ruleset.unions.get(key);
    if (ports === undefined) {
      if (ruleset.unions.size >= UNIONS_KEPT) ruleset.unions.clear();
      ruleset.unions.set(key, (ports = uniteGrants(ruleset, told)));
    }
    return ports;
  }

  /** Whether an address that goes from one identity to another loses something by it. */
  narrows(ruleset: Ruleset, was: Identity, is: Identity): boolean {
    if (toldApart(ruleset, was).every((live) => is.lists.has(live))) return false;
    return !containsPorts(this.portsFor(ruleset, is), this.portsFor(ruleset, was));
  }

  /** Every identity that the ruleset may tell from a stranger. */
  identitiesOf(ruleset: Ruleset): Set<Identity> {
    return this.#identities.identitiesIn(ruleset.lists.keys(), ruleset.names);
  }

  /** False where the identity is treated like any stranger: then it has no pair. */
  distinguishes(ruleset: Ruleset, identity: Identity): boolean {
    for (const live of smaller(ruleset.lists, identity.lists)) if (ruleset.lists.has(live) && identity.lists.has(live)) return true;
    return ruleset.names.length > 0 && toldApart(ruleset, identity).length > 0;
  }

  /** The port set of what anyone may under a ruleset that is in the kernel. */
  strangerRef(ruleset: Ruleset): PortSetRef {
    return this.portSetRef(ruleset.content.anyone.ports);
  }

  portSets(): Iterable<PortSet> {
    return this.#portSets.values();
  }

  /** The port set of this content, where the kernel has it. */
  portSetRef(ports: Ports): PortSetRef {
    if (ports === 'all') return { portSet: PORT_SET_ALL, lengths: 0 };
    const shared = this.#portSets.get(portsKey(ports));
    return { portSet: shared?.id ?? PORT_SET_NONE, lengths: shared?.lengths ?? 0 };
  }

  hasPortSet(ports: Ports): boolean {
    return ports === 'all' || isEmptyPorts(ports) || this.#portSets.has(portsKey(ports));
  }

  /** The port set of this content, made if need be; `made` hears of a new one. Each use must be given back. */
  usePortSet(ports: Ports, made: (portSet: PortSet) => void): PortSetRef {
    if (ports === 'all') return { portSet: PORT_SET_ALL, lengths: 0 };
    if (isEmptyPorts(ports)) return { portSet: PORT_SET_NONE, lengths: 0 };
    const key = portsKey(ports);
    let shared = this.#portSets.get(key);
    if (shared === undefined) {
      const rows = portRows(ports);
      const lengths = rows.reduce((mask, row) => mask | (1 << row.length), 0);
      shared = { id: this.#nextPortSet++, key, rows, lengths, users: 0 };
      this.#portSets.set(key, shared);
      made(shared);
    }
    shared.users += 1;
    return { portSet: shared.id, lengths: shared.lengths };
  }

  /** Give back a use; `unused` hears of a port set that has none left. */
  dropPortSet(ports: Ports, unused: (portSet: PortSet) => void): void {
    const shared = ports === 'all' ? undefined : this.#portSets.get(portsKey(ports));
    if (shared === undefined) return;
    shared.users -= 1;
    if (shared.users > 0) return;
    this.#portSets.delete(shared.key);
    unused(shared);
  }
}

/** The lists by which a ruleset tells an identity from a stranger, in the order of their numbers. */
function toldApart(ruleset: Ruleset, identity: Identity): LiveList[] {
  const told: LiveList[] = [];
  for (const live of smaller(ruleset.lists, identity.lists)) if (ruleset.lists.has(live) && identity.lists.has(live)) told.push(live);
  if (ruleset.names.length > 0) {
    const names = new Set(ruleset.names.map(nameKey));
    for (const live of identity.lists) if (live.list.kind === 'port-number' && names.has(nameKey(live.list))) told.push(live);
  }
  return told.sort((a, b) => a.id - b.id);
}

function uniteGrants(ruleset: Ruleset, told: readonly LiveList[]): Ports {
  const grants = [ruleset.content.anyone, ...told.map((live) => ruleset.lists.get(live)).filter((grant) => grant !== undefined)];
  const sets = grants.map((grant) => grant.ports);
  const names = new Set(grants.flatMap((grant) => grant.names.map(nameKey)));
  for (const { list } of told) {
    if (list.kind !== 'port-number' || !names.has(nameKey(list))) continue;
    sets.push({ TCP: [], UDP: [], SCTP: [], [list.protocol]: [{ first: list.number, last: list.number }] });
  }
  return unionPorts(sets);
}

function smaller(lists: ReadonlyMap<LiveList, unknown>, others: ReadonlySet<LiveList>): Iterable<LiveList> {
  return lists.size < others.size ? lists.keys() : others;
}
