/** Compares two inputs by what connections they allow, not by their text: between workloads, networks outside, and pods that may come. */

import { formatPrefix, MAPPED, type Prefix } from '../../model/ip.ts';
import { PROTOCOLS, type Direction } from '../../model/verdict.ts';
import type { Policy } from '../../policy/policy.ts';
import { isEmptyPorts, portsKey, portsOf, subtractPorts, unionPorts, type Ports } from '../../policy/ports.ts';
import { listOf } from '../../policy/ruleset.ts';
import type { AuditInput } from '../input/audit-input.ts';
import { describeGaps } from '../input/describe-gaps.ts';
import { AuditModel, type AuditModelOptions, type PodClass } from '../model/audit-model.ts';
import { nestPrefixes } from '../model/nest-prefixes.ts';
import { nameNetwork } from '../model/outside.ts';
import { Reach } from '../model/reach.ts';
import { workloadId } from '../model/workload-id.ts';
import { addHypothetical, imagineDestinations, imagineWorkloads, readPolicies } from '../universe/hypothetical-workloads.ts';
import type { Change, Connection, DiffParty, DiffReport, OneSided } from './diff-report.ts';

/** One side of the comparison. */
interface State {
  readonly model: AuditModel;
  readonly reach: Reach;
  readonly classes: ReadonlyMap<string, readonly PodClass[]>;
}

type Delta = Omit<Change, 'from' | 'to'>;

interface OutsideDelta {
  readonly direction: Direction;
  readonly outside: DiffParty;
  readonly delta: Delta;
}

/** By a workload's id the name of its group. */
type Alike = ReadonlyMap<string, string>;

/** Whose pieces all ipBlocks of both states make, by name. */
type Regions = ReadonlyMap<Prefix, string>;

/** Of workloads that only one state has. */
const MOST_CONNECTIONS = 10_000;
/** `::/0`, which holds no IPv4 address. */
const EVERYTHING: Prefix = { address: 0n, length: 0 };

export function makeDiff(before: AuditInput, after: AuditInput, options: AuditModelOptions = {}): DiffReport {
  const inputs = [before, after];
  const imagined = imagineWorkloads(inputs);
  const { destinations, cut } = imagineDestinations(inputs, imagined);
  const workloads = [...imagined.workloads, ...destinations.map(({ workload }) => workload)];
  const [was, is] = inputs.map((input) => open(addHypothetical(input, { ...imagined, workloads }), options)) as [State, State];
  const kinds = new Map(destinations.map(({ workload, like }) => [workloadId(workload), workloadId(like)]));
  const shared = [...was.classes.keys()].filter((id) => is.classes.has(id));
  const real = new Set(inputs.flatMap((input) => input.workloads.map(workloadId)));
  const regions = nameRegions(listRegions(inputs.flatMap(readPolicies)));
  const sources = shared.filter((id) => !kinds.has(id));
  const alike = groupAlike(was, is, shared);
  const changes = [...comparePods(was, is, sources, alike), ...compareOutside(was, is, alike, regions)];
  const isReal = ({ from, to }: Change): boolean => [from, to].every(({ id, kind }) => kind === 'outside' || real.has(id));
  return {
    before: before.name,
    after: after.name,
    changes: changes.filter(isReal),
    toCome: tellOnce(
      changes.filter((change) => !isReal(change)),
      kinds,
    ),
    added: describeOneSided(is, was, real, regions),
    removed: describeOneSided(was, is, real, regions),
    equivalent: changes.length === 0,
    incomplete: [
      ...new Set(inputs.flatMap(describeGaps)),
      ...(imagined.cut || cut ? ['selectors have too many combinations: of the pods that may come only some were compared'] : []),
    ],
  };
}

function open(input: AuditInput, options: AuditModelOptions): State {
  const model = new AuditModel(input, options);
  const classes = new Map<string, PodClass[]>();
  for (const one of model.classes) {
    if (one.pod.hostNetwork) continue;
    const id = workloadId(one.workload);
    classes.set(id, [...(classes.get(id) ?? []), one]);
  }
  return { model, reach: new Reach(model), classes };
}

/** What pods call their ports is told where it makes a difference, by one of those that it makes one for. `kinds`: what each of these is like. */
function tellOnce(changes: readonly Change[], kinds: ReadonlyMap<string, string>): Change[] {
  const told = new Map<string, Set<string>>();
  return changes.filter(({ from, to, gained, lost }) => {
    const names = kinds.has(from.id) || kinds.has(to.id);
    const pair = JSON.stringify([from.id, to.id].map((id) => kinds.get(id) ?? id));
    const known = told.get(pair) ?? new Set<string>();
    told.set(pair, known);
    const key = `${portsKey(gained)} ${portsKey(lost)}`;
    if (known.has(key) || (names && known.has('names'))) return false;
    known.add(key);
    if (names) known.add('names');
    return true;
  });
}

/** By its id what each workload shares with those that the policies of either state treat as it. */
function groupAlike(was: State, is: State, ids: readonly string[]): Alike {
  const keysIn = ({ reach, classes }: State, id: string): readonly string[] => (classes.get(id) ?? []).map((one) => reach.keyOf(one));
  return new Map(ids.map((id) => [id, JSON.stringify([keysIn(was, id), keysIn(is, id)])]));
}

/** Workloads that are alike are compared once: many pairs, few answers. */
function comparePods(was: State, is: State, sources: readonly string[], destinations: Alike): Change[] {
  const one = new Map([...destinations].map(([id, group]) => [group, id]));
  const rows = new Map<string, ReadonlyMap<string, Delta>>();
  const compareRow = (from: string): ReadonlyMap<string, Delta> => {
    const row = new Map<string, Delta>();
    for (const [group, to] of one) {
      const delta = compare(between(was, from, to), between(is, from, to));
      if (delta !== undefined) row.set(group, delta);
    }
    return row;
  };
  return sources.flatMap((from) => {
    const own = destinations.get(from) ?? '';
    const row = rows.get(own) ?? compareRow(from);
    rows.set(own, row);
    if (row.size === 0) return [];
    return [...destinations].flatMap(([to, group]) => {
      const delta = row.get(group);
      return delta === undefined ? [] : [{ from: workloadParty(from), to: workloadParty(to), ...delta }];
    });
  });
}

/** Of workloads whose pods differ: what any of them may. */
function between({ classes, reach }: State, from: string, to: string): Ports {
  const [sources, destinations] = [classes.get(from) ?? [], classes.get(to) ?? []];
  const [only, other] = [sources[0], destinations[0]];
  if (sources.length === 1 && destinations.length === 1 && only && other) return reach.between(only, other);
  return unionPorts(sources.flatMap((source) => destinations.map((destination) => reach.between(source, destination))));
}

function compareOutside(was: State, is: State, shared: Alike, regions: Regions): Change[] {
  const rows = new Map<string, readonly OutsideDelta[]>();
  const rowOf = (group: string, id: string): readonly OutsideDelta[] => {
    let row = rows.get(group);
    if (row === undefined) rows.set(group, (row = [...compareRegions(was, is, id, regions)]));
    return row;
  };
  return [...shared].flatMap(([id, group]) =>
    rowOf(group, id).map(({ direction, outside, delta }) => {
      const [from, to] = direction === 'egress' ? [workloadParty(id), outside] : [outside, workloadParty(id)];
      return { from, to, ...delta };
    }),
  );
}

function* compareRegions(was: State, is: State, id: string, regions: Regions): Generator<OutsideDelta> {
  for (const [region, name] of regions) {
    for (const direction of ['egress', 'ingress'] as const) {
      const delta = compare(withRegion(was, direction, id, region), withRegion(is, direction, id, region));
      if (delta !== undefined) yield { direction, outside: { id: name, kind: 'outside' }, delta };
    }
  }
}

function withRegion({ classes, reach }: State, direction: Direction, id: string, region: Prefix): Ports {
  return unionPorts((classes.get(id) ?? []).map((one) => reach.with(direction, one, reach.identityOfRegion(region))));
}

function describeOneSided(state: State, other: State, real: ReadonlySet<string>, regions: Regions): OneSided {
  const here = [...state.classes.keys()].filter((id) => real.has(id));
  const workloads = here.filter((id) => !other.classes.has(id));
  const connections: Connection[] = [];
  let count = 0;
  for (const connection of listConnections(state, here, new Set(workloads), regions)) {
    if (isEmptyPorts(connection.ports)) continue;
    count += 1;
    if (connections.length < MOST_CONNECTIONS) connections.push(connection);
  }
  return { workloads, connections, leftOut: count - connections.length };
}

/** Those that one of `of` is an end of. */
function* listConnections(state: State, here: readonly string[], of: ReadonlySet<string>, regions: Regions): Generator<Connection> {
  const pair = (from: string, to: string): Connection => ({
    from: workloadParty(from),
    to: workloadParty(to),
    ports: between(state, from, to),
  });
  for (const id of of) {
    for (const peer of here) {
      if (peer !== id) yield pair(id, peer);
      if (!of.has(peer)) yield pair(peer, id);
    }
    for (const [region, name] of regions) {
      const outside: DiffParty = { id: name, kind: 'outside' };
      yield { from: workloadParty(id), to: outside, ports: withRegion(state, 'egress', id, region) };
      yield { from: outside, to: workloadParty(id), ports: withRegion(state, 'ingress', id, region) };
    }
  }
}

function compare(before: Ports, after: Ports): Delta | undefined {
  if (portsKey(before) === portsKey(after)) return undefined;
  const gained = moreThan(after, before);
  const lost = moreThan(before, after);
  return isEmptyPorts(gained) && isEmptyPorts(lost) ? undefined : { gained, lost, before, after };
}

/** Every port of every protocol that has ports is still less than everything: ICMP is not among it. */
function moreThan(wide: Ports, narrow: Ports): Ports {
  const more = subtractPorts(wide, withPortZero(narrow));
  return isEmptyPorts(more) && wide === 'all' && narrow !== 'all' ? 'all' : more;
}

/** No rule can name port 0, and nobody listens there: 1 to 65535 is every port. */
function withPortZero(ports: Ports): Ports {
  if (ports === 'all') return ports;
  const ranges = PROTOCOLS.flatMap((protocol) =>
    ports[protocol].map(({ first, last }) => ({ protocol, first: first === 1 ? 0 : first, last })),
  );
  return portsOf(ranges);
}

/** The pieces into which all ipBlocks of both states cut the addresses, by the prefix at which each begins. */
function listRegions(policies: readonly Policy[]): Prefix[] {
  const rules = policies.flatMap((policy) => [...(policy.rules.ingress ?? []), ...(policy.rules.egress ?? [])]);
  const edges = new Map<string, Prefix>([MAPPED, EVERYTHING].map((prefix) => [formatPrefix(prefix), prefix]));
  for (const rule of rules) {
    const list = rule.peers === undefined || rule.peers.length === 0 ? undefined : listOf(rule);
    if (list?.kind === 'peers') for (const prefix of list.blocks.prefixes()) edges.set(formatPrefix(prefix), prefix);
  }
  return [...edges.values()];
}

function nameRegions(regions: readonly Prefix[]): Regions {
  return new Map([...nestPrefixes(regions)].map(([region, holes]) => [region, nameRegion(region, holes)]));
}

function nameRegion(prefix: Prefix, holes: readonly Prefix[]): string {
  if (prefix.address === MAPPED.address && prefix.length === MAPPED.length) return 'any other IPv4 address';
  if (prefix.length === 0) return 'any other IPv6 address';
  return nameNetwork([prefix], holes);
}

function workloadParty(id: string): DiffParty {
  return { id, kind: 'workload' };
}
