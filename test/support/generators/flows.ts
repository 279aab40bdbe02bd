/** Flows that hit where it hurts: pods, the first and last address of every block and those beside them, nodes, strangers. */

import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { ADDRESS_BITS, formatAddress, isIPv4, parseAddress, parsePrefix } from '../../../src/model/ip.ts';
import type { Address } from '../../../src/model/ip.ts';
import type { Protocol } from '../../../src/model/verdict.ts';
import type { Flow, World } from '../oracle/world.ts';
import { NODE_ADDRESSES, POD_ADDRESSES, PORTS, STRANGERS } from './vocabulary.ts';

/** A flow that does not know its world yet: indexes that `resolveFlow` takes modulo what there is. So worlds and flows shrink apart. */
export interface FlowSeed {
  readonly family: 4 | 6;
  readonly source: PointSeed;
  readonly destination: PointSeed;
  readonly protocol: Protocol | number;
  readonly port: number;
  readonly sourceIsLocalNode: boolean;
}

type PointKind = 'pod' | 'unused' | 'edge' | 'node' | 'stranger';

interface PointSeed {
  readonly kind: PointKind;
  readonly index: number;
}

const point: Arbitrary<PointSeed> = fc.record({
  kind: fc.oneof(
    { weight: 10, arbitrary: fc.constant<PointKind>('pod') },
    { weight: 3, arbitrary: fc.constant<PointKind>('edge') },
    { weight: 2, arbitrary: fc.constant<PointKind>('node') },
    { weight: 1, arbitrary: fc.constantFrom<PointKind[]>('unused', 'stranger') },
  ),
  index: fc.nat(1000),
});

const port: Arbitrary<number> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...PORTS) },
  { weight: 2, arbitrary: fc.constantFrom(...PORTS).map((number) => Math.min(number + 1, 65535)) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 65535 }) },
);

const protocol: Arbitrary<Protocol | number> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Protocol>('TCP') },
  { weight: 3, arbitrary: fc.constantFrom<Protocol[]>('UDP', 'SCTP') },
  { weight: 1, arbitrary: fc.constantFrom(1, 58, 2, 47, 255) },
);

export const flowSeed: Arbitrary<FlowSeed> = fc.record({
  family: fc.oneof({ weight: 2, arbitrary: fc.constant<4 | 6>(4) }, { weight: 1, arbitrary: fc.constant<4 | 6>(6) }),
  source: point,
  destination: point,
  protocol,
  port,
  sourceIsLocalNode: fc.boolean(),
});

/** What a world offers to flows of one family. No list is empty. */
type Points = Readonly<Record<PointKind, readonly Address[]>>;

export interface FlowPoints {
  readonly 4: Points;
  readonly 6: Points;
}

/** Do this once for a world; resolving a flow is then cheap. */
export function collectPoints(world: World): FlowPoints {
  return { 4: collectFamily(world, 4), 6: collectFamily(world, 6) };
}

function collectFamily(world: World, family: 4 | 6): Points {
  const isFamily = (address: Address): boolean => isIPv4(address) === (family === 4);
  const at = family === 4 ? 0 : 1;
  const unused = POD_ADDRESSES.map((pair) => parseAddress(pair[at]));
  const pods = world.pods.flatMap((pod) => pod.addresses).filter(isFamily);
  const edges = blockTexts(world.policies.map((policy) => policy.spec))
    .flatMap(edgesOf)
    .filter(isFamily);
  return {
    pod: pods.length > 0 ? pods : unused,
    unused,
    edge: edges.length > 0 ? edges : unused,
    node: Object.values(NODE_ADDRESSES).map((pair) => parseAddress(pair[at])),
    stranger: STRANGERS[family].map(parseAddress),
  };
}

/** Only a node's own packets come without an ingress interface, as far as flows here go. */
export function resolveFlow(points: FlowPoints, seed: FlowSeed): Flow {
  const pick = ({ kind, index }: PointSeed): Address => {
    const choices = points[seed.family][kind];
    return choices[index % choices.length] as Address;
  };
  const hasPort = typeof seed.protocol === 'string';
  return {
    source: pick(seed.source),
    destination: pick(seed.destination),
    protocol: seed.protocol,
    ...(hasPort ? { port: seed.port } : {}),
    sourceIsLocalNode: seed.source.kind === 'node' && seed.sourceIsLocalNode,
  };
}

/** Every text in a spec that reads as a CIDR. */
function blockTexts(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.includes('/') ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(blockTexts);
}

/** Its first and last address, and the neighbours outside, unless they would leave the family. */
function edgesOf(text: string): readonly Address[] {
  try {
    const prefix = parsePrefix(text);
    const v4 = isIPv4(prefix.address);
    const last = prefix.address + (1n << BigInt(ADDRESS_BITS - prefix.length)) - 1n;
    const all = [prefix.address, last, prefix.address - 1n, last + 1n];
    return all.filter((address) => address >= 0n && address >> BigInt(ADDRESS_BITS) === 0n && isIPv4(address) === v4);
  } catch {
    return [];
  }
}

/** For messages. */
export function describeFlow(flow: Flow): string {
  const from = `${formatAddress(flow.source)}${flow.sourceIsLocalNode ? ' (local node)' : ''}`;
  return `${from} > ${formatAddress(flow.destination)}${flow.port === undefined ? '' : `:${flow.port}`} ${flow.protocol}`;
}
