/**
 * Which policies do not fit, counted from scratch for each policy by looking at every address: oldest first, those that ask for too much alone, then those
 * that make too much together. It shares no code with the compiler.
 */

import { isIPv4, prefixContains, type Address, type Prefix } from '../../../src/model/ip.ts';
import type { LabelSelector } from '../../../src/model/labels.ts';
import type { Pod } from '../../../src/model/objects.ts';
import { DIRECTIONS, type Direction, type Protocol } from '../../../src/model/verdict.ts';
import { ownerOf, peerMatches, selects } from './judge.ts';
import { readPolicy, type ReadPolicy, type Rule } from './read-policy.ts';
import type { Peer } from './read-peer.ts';
import type { PolicyPort } from './read-port.ts';
import type { World } from './world.ts';

export interface OracleLimits {
  readonly policies: number;
  readonly podPrefixes: number;
  readonly podPortRows: number;
  readonly lists: number;
  readonly identities: number;
  readonly pairs: number;
  readonly prefixes: number;
  readonly portRows: number;
}

/** An address, or what is left of a prefix by the longer ones in it. */
interface Point {
  readonly address: Address;
  readonly length: number;
}

/** Peers that some rule tells from others. */
interface List {
  readonly key: string;
  readonly edges: ReadonlySet<string>;
  readonly contains: (point: Point) => boolean;
}

interface Claim {
  readonly list: List | undefined;
  readonly rows: number;
}

interface Selection {
  readonly direction: Direction;
  readonly keys: readonly string[];
  /** What the pods' own port numbers make different. */
  readonly variants: ReadonlySet<string>;
}

/** Keys of the policies that are refused among those of one namespace that select pods of one node. */
export function refusedByBudget(world: World, namespace: string, node: string, limits: OracleLimits): Set<string> {
  const age = new Map(world.policies.map((object) => [`${object.namespace}/${object.name}`, object]));
  const oldestFirst = world.policies
    .filter((object) => object.namespace === namespace)
    .map(readPolicy)
    .toSorted((a, b) => {
      const [x, y] = [age.get(a.key), age.get(b.key)];
      return (x?.createdAt ?? 0) - (y?.createdAt ?? 0) || ((x?.uid ?? '') < (y?.uid ?? '') ? -1 : 1);
    });
  const pods = world.pods.filter((pod) => pod.namespace === namespace && pod.nodeName === node && !pod.hostNetwork);
  const selections = selectionsOf(pods, oldestFirst);
  const selecting = oldestFirst.filter((policy) => selections.some(({ keys }) => keys.includes(policy.key)));
  const claims = new Map(selecting.map((policy) => [policy.key, claimsOf(world, policy)]));
  const claimsIn = ({ direction, keys }: Selection, admitted: ReadonlySet<string>): Claim[] =>
    keys.filter((key) => admitted.has(key)).flatMap((key) => claims.get(key)?.[direction] ?? []);

  const fitsAlone = (admitted: ReadonlySet<string>): boolean => {
    const all = selections.map((selection) => claimsIn(selection, admitted));
    const rows = all.map((own) => sum(own.map((claim) => claim.rows)));
    return (
      selections.every(({ keys }) => keys.filter((key) => admitted.has(key)).length <= limits.policies) &&
      all.every((own) => sum(listsOf(own).map(({ edges }) => edges.size)) <= limits.podPrefixes) &&
      rows.every((own) => own <= limits.podPortRows) &&
      listsOf(all.flat()).length <= limits.lists &&
      sum(listsOf(all.flat()).map(({ edges }) => edges.size)) <= limits.prefixes &&
      sum(rows.map((own, index) => own * (selections[index]?.variants.size ?? 0))) <= limits.portRows
    );
  };
  const alone = admitInTurn(selecting, fitsAlone);
  const points = pointsOf(world, listsOf(selections.flatMap((selection) => claimsIn(selection, alone))));
  const fitsTogether = (admitted: ReadonlySet<string>): boolean => {
    const all = selections.map((selection) => claimsIn(selection, admitted));
    const classes = classesOf(points, listsOf(all.flat()));
    const pairs = all.map((own) => sum(listsOf(own).map((list) => classes.filter((signature) => signature.has(list.key)).length)));
    const rows = all.map((own) => portRowsOf(points, own));
    const weigh = (amounts: readonly number[]): number =>
      sum(amounts.map((amount, index) => amount * (selections[index]?.variants.size ?? 0)));
    return (
      classes.length <= limits.identities &&
      weigh(pairs) <= limits.pairs &&
      rows.every((own) => own <= limits.podPortRows) &&
      weigh(rows) <= limits.portRows
    );
  };
  const left = selecting.filter(({ key }) => alone.has(key));
  const together = admitInTurn(left, fitsTogether);
  return new Set(selecting.map(({ key }) => key).filter((key) => !together.has(key)));
}

function admitInTurn(policies: readonly ReadPolicy[], fits: (admitted: ReadonlySet<string>) => boolean): Set<string> {
  const admitted = new Set<string>();
  for (const { key } of policies) {
    admitted.add(key);
    if (!fits(admitted)) admitted.delete(key);
  }
  return admitted;
}

function selectionsOf(pods: readonly Pod[], policies: readonly ReadPolicy[]): Selection[] {
  const selections = new Map<string, { direction: Direction; keys: string[]; variants: Set<string> }>();
  for (const pod of pods) {
    for (const direction of DIRECTIONS) {
      const selecting = policies.filter((policy) => selects(policy, pod) && policy.policyTypes.includes(direction));
      if (selecting.length === 0) continue;
      const keys = selecting.map(({ key }) => key).toSorted();
      const named = direction === 'ingress' && selecting.some(({ ingress }) => ingress.some(namesPort));
      const id = `${direction} ${keys.join()}`;
      const selection = selections.get(id) ?? { direction, keys, variants: new Set<string>() };
      selections.set(id, selection);
      selection.variants.add(named ? JSON.stringify(pod.ports.map(({ protocol, name, port }) => [protocol, name, port])) : '');
    }
  }
  return [...selections.values()];
}

function claimsOf(world: World, policy: ReadPolicy): Record<Direction, Claim[]> {
  const of = (direction: Direction): Claim[] =>
    policy[direction].flatMap((rule) => {
      // A rule whose every peer means nothing takes in nobody.
      if (rule.peers.length > 0 && !rule.peers.some(takesIn)) return [];
      const names = direction === 'egress' ? rule.ports.filter(isNamed) : [];
      const own = { list: rule.peers.length === 0 ? undefined : listOf(world, policy, rule), rows: rowsOf(rule, direction) };
      return [own, ...names.flatMap((name) => numberLists(world, name).map((list) => ({ list, rows: 1 })))];
    });
  return { ingress: of('ingress'), egress: of('egress') };
}

function listOf(world: World, policy: ReadPolicy, rule: Rule): List {
  const peers = rule.peers.filter(takesIn);
  const keys = peers.map((peer) => keyOf(policy, peer));
  const blocks = peers.filter((peer) => peer.kind === 'block');
  const edges = blocks.flatMap(({ cidr, except }) => [cidr, ...except.filter((hole) => isInside(hole, cidr))].map(textOf));
  const contains = (point: Point): boolean => {
    const pod = point.length === 128 ? ownerOf(world, point.address) : undefined;
    return (
      blocks.some(({ cidr, except }) => isInside(point, cidr) && !except.some((hole) => isInside(point, hole))) ||
      peers.some((peer) => peer.kind === 'pods' && peerMatches(world, policy, peer, point.address, pod))
    );
  };
  return { key: [...new Set(keys)].toSorted().join(' | '), edges: new Set(edges), contains };
}

/** An except that covers the whole block leaves none. */
function takesIn(peer: Peer): boolean {
  return peer.kind === 'pods' || (peer.kind === 'block' && !peer.except.some((hole) => isInside(peer.cidr, hole)));
}

/** Equal for peers of equal text. */
function keyOf(policy: ReadPolicy, peer: Peer): string {
  if (peer.kind === 'nothing') return '';
  if (peer.kind === 'pods') {
    const namespaces = peer.namespaceSelector === undefined ? policy.namespace : wordsOf(peer.namespaceSelector);
    return JSON.stringify([namespaces, wordsOf(peer.podSelector ?? {})]);
  }
  const except = peer.except.filter((hole) => isInside(hole, peer.cidr)).map(textOf);
  return JSON.stringify([textOf(peer.cidr), except.toSorted()]);
}

function wordsOf({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string[] {
  const labels = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => [key, operator, ...values.toSorted()].join(' '));
  return [...labels, ...expressions].toSorted();
}

/** Pods that have a number for a name of egress, number by number. */
function numberLists(world: World, { protocol, port: name }: PolicyPort): List[] {
  const numberOf = (address: Address): number | undefined =>
    ownerOf(world, address)?.ports.find((port) => port.name === name && port.protocol === protocol)?.port;
  const numbers = new Set(world.pods.flatMap((pod) => pod.addresses.map(numberOf)).filter((number) => number !== undefined));
  return [...numbers].map((number) => ({
    key: `${protocol} ${name} ${number}`,
    edges: new Set(),
    contains: ({ address, length }) => length === 128 && numberOf(address) === number,
  }));
}

function portRowsOf(points: readonly Point[], claims: readonly Claim[]): number {
  const withPorts = claims.filter(({ rows }) => rows > 0);
  const classes = classesOf(points, listsOf(withPorts));
  const anyone = sum(withPorts.filter(({ list }) => list === undefined).map(({ rows }) => rows));
  const own = withPorts.map(({ list, rows }) =>
    list === undefined ? 0 : rows * classes.filter((signature) => signature.has(list.key)).length,
  );
  return sum(own) + anyone * (classes.length + 1);
}

/** Every address of a pod, and every region that blocks leave. */
function pointsOf(world: World, lists: readonly List[]): Point[] {
  const addresses = new Set(world.pods.flatMap((pod) => pod.addresses).filter((address) => ownerOf(world, address) !== undefined));
  const edges = new Set(lists.flatMap((list) => [...list.edges]));
  return [
    ...[...addresses].map((address) => ({ address, length: 128 })),
    ...[...edges].map((text) => ({ address: BigInt(text.split('/')[0] ?? 0), length: Number(text.split('/')[1]) })),
  ];
}

function classesOf(points: readonly Point[], lists: readonly List[]): ReadonlySet<string>[] {
  const classes = new Map<string, ReadonlySet<string>>();
  for (const point of points) {
    const inside = lists.filter((list) => list.contains(point)).map(({ key }) => key);
    if (inside.length > 0) classes.set(inside.toSorted().join('\n'), new Set(inside));
  }
  return [...classes.values()];
}

function listsOf(claims: readonly Claim[]): List[] {
  return [
    ...new Map(
      claims
        .map(({ list }) => list)
        .filter((list) => list !== undefined)
        .map((list) => [list.key, list]),
    ).values(),
  ];
}

/** Port prefixes by which the kernel holds the ports of a rule, its names of ingress one each. */
function rowsOf(rule: Rule, direction: Direction): number {
  const names = direction === 'ingress' ? rule.ports.filter(isNamed).length : 0;
  const protocols: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];
  return names + sum(protocols.map((protocol) => coverPorts(rule.ports.filter((port) => port.protocol === protocol && !isNamed(port)))));
}

function coverPorts(entries: readonly PolicyPort[]): number {
  const open = new Uint8Array(65_536);
  for (const { port, endPort } of entries) {
    if (port === undefined) open.fill(1);
    else open.fill(1, Number(port), (endPort ?? Number(port)) + 1);
  }
  const cover = (first: number, size: number): number => {
    const part = open.subarray(first, first + size);
    if (part.every((one) => one === 1)) return 1;
    if (part.every((one) => one === 0)) return 0;
    return cover(first, size / 2) + cover(first + size / 2, size / 2);
  };
  return cover(0, 65_536);
}

function isNamed({ port }: PolicyPort): boolean {
  return typeof port === 'string';
}

function namesPort(rule: Rule): boolean {
  return rule.ports.some(isNamed);
}

function isInside({ address, length }: Point | Prefix, outer: Prefix): boolean {
  return length >= outer.length && isIPv4(address) === isIPv4(outer.address) && prefixContains(outer, address);
}

function textOf({ address, length }: Prefix): string {
  return `${address}/${length}`;
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
