/** Pods of every kind: dual-stack or not, ended, terminating, on the host's network, without address, with doubtful port names. */

import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import type { Pod, PodPhase } from '../../../src/model/objects.ts';
import type { PodOptions, PortManifest } from '../builders/manifests.ts';
import { pod } from '../builders/objects.ts';
import { labels } from './selectors.ts';
import { NAMESPACES, NODES, NODE_ADDRESSES, POD_ADDRESSES, POD_NAMES, PORT_NAMES, PORTS } from './vocabulary.ts';

const port: Arbitrary<PortManifest> = fc.record(
  { name: fc.constantFrom(...PORT_NAMES), protocol: fc.constantFrom('TCP', 'UDP', 'SCTP'), containerPort: fc.constantFrom(...PORTS) },
  { requiredKeys: ['containerPort'] },
);

const container = fc.array(port, { maxLength: 3 });

const phase: Arbitrary<PodPhase> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<PodPhase>('Running') },
  { weight: 1, arbitrary: fc.constantFrom<PodPhase[]>('Pending', 'Unknown') },
  { weight: 1, arbitrary: fc.constantFrom<PodPhase[]>('Succeeded', 'Failed') },
);

/** Which of its address pair a pod has. */
type Stack = 'both' | 'v4' | 'v6' | 'none';

const stack: Arbitrary<Stack> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Stack>('both') },
  { weight: 2, arbitrary: fc.constant<Stack>('v4') },
  { weight: 1, arbitrary: fc.constantFrom<Stack[]>('v6', 'none') },
);

/** A pod without identity: `shapePod` gives it a uid and an age. */
export interface PodShape {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly node: string;
  readonly stack: Stack;
  /** Index into the pool of addresses. */
  readonly address: number;
  readonly hostNetwork: boolean;
  readonly phase: PodPhase;
  readonly terminating: boolean;
  readonly containers: readonly (readonly PortManifest[])[];
  readonly sidecars: readonly (readonly PortManifest[])[];
  readonly initContainers: readonly (readonly PortManifest[])[];
}

const rarely = fc.integer({ min: 0, max: 11 }).map((dice) => dice === 11);

export const podShape: Arbitrary<PodShape> = fc.record({
  namespace: fc.constantFrom(...NAMESPACES),
  name: fc.constantFrom(...POD_NAMES),
  labels,
  node: fc.constantFrom(...NODES),
  stack,
  address: fc.nat(POD_ADDRESSES.length - 1),
  hostNetwork: rarely,
  phase,
  terminating: rarely,
  containers: fc.array(container, { minLength: 1, maxLength: 2 }),
  sidecars: fc.array(container, { maxLength: 1 }),
  initContainers: fc.array(container, { maxLength: 1 }),
});

/** `age` orders pods: a larger one started later, and is another pod. */
export function shapePod(shape: PodShape, age: number): Pod {
  const [ipv4, ipv6] = (shape.hostNetwork ? NODE_ADDRESSES[shape.node] : POD_ADDRESSES[shape.address]) ?? ['', ''];
  const addresses = { both: [ipv4, ipv6], v4: [ipv4], v6: [ipv6], none: [] }[shape.stack];
  const options: PodOptions = {
    uid: `pod-${age}`,
    labels: shape.labels,
    node: shape.node,
    hostNetwork: shape.hostNetwork,
    addresses,
    phase: shape.phase,
    startedAt: age * 1000,
    terminating: shape.terminating,
    containers: shape.containers,
    sidecars: shape.sidecars,
    initContainers: shape.initContainers,
  };
  return pod(`${shape.namespace}/${shape.name}`, options);
}
