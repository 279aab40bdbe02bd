/**
 * `node --expose-gc test/bench/budgets.ts [EXCESS]`: time and memory of the compiler for each kind of hostile namespace beside quiet neighbours, and how
 * long edits take then: of a neighbour, as a multiple of what it took before too, and of the hostile namespace. PODS: pods on other nodes.
 */

import { decodeObject } from '../../src/model/decode/object.ts';
import type { ClusterObject } from '../../src/model/objects.ts';
import type { ClusterEvent } from '../../src/model/source.ts';
import { Endpoints } from '../properties/endpoints.ts';
import { EXCESSES, hostileManifests, times, type Excess } from '../support/builders/hostile.ts';
import { namespaceManifest, nodeManifest, podManifest, policyManifest, type Manifest } from '../support/builders/manifests.ts';

const PODS = Number(process.env['PODS'] ?? 2000);
const EDITS = 40;

function quietPolicy(namespace: number, app: string, port: number): Manifest {
  const from = [{ podSelector: { matchLabels: { app } } }, { ipBlock: { cidr: `192.168.${namespace}.0/24` } }];
  const spec = { podSelector: {}, ingress: [{ from, ports: [{ port }] }] };
  return policyManifest(`quiet-${namespace}/in`, spec, { createdAt: 1000 + namespace, uid: `quiet-${namespace}` });
}

function quietPods(name: string, node: string, amount: number, network: string): Manifest[] {
  return times(amount, (index) =>
    podManifest(`quiet-${index % 20}/${name}${index}`, {
      node,
      addresses: [`${network}.${index >> 8}.${index & 255}`],
      labels: { app: `a${index % 5}`, n: String(index) },
    }),
  );
}

const NEIGHBOURS: readonly Manifest[] = [
  nodeManifest('node-1', ['10.9.0.1']),
  ...times(20, (index) => namespaceManifest(`quiet-${index}`)),
  namespaceManifest('hostile'),
  podManifest('hostile/x', { node: 'node-1', addresses: ['10.1.1.2'] }),
  ...quietPods('local', 'node-1', 100, '10.3'),
  ...quietPods('remote', 'node-2', PODS, '10.4'),
  ...times(20, (index) => quietPolicy(index, 'a1', 80)),
];

function eventsOf(manifests: readonly Manifest[]): ClusterEvent[] {
  return manifests.map((manifest) => ({ type: 'upsert', object: decodeObject(manifest) as ClusterObject }));
}

function timed(act: () => void): number {
  const start = performance.now();
  act();
  return performance.now() - start;
}

function heap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** Milliseconds of each of many edits. */
function edit(endpoints: Endpoints, makeEdit: (index: number) => Manifest): number[] {
  return times(EDITS, (index) => {
    const events = eventsOf([makeEdit(index)]);
    const took = timed(() => endpoints.tell(events));
    if (index % 10 === 9) endpoints.sweep();
    return took;
  });
}

function median(amounts: readonly number[]): number {
  return amounts.toSorted((a, b) => a - b)[amounts.length >> 1] ?? 0;
}

function measure(excess: Excess): void {
  const endpoints = new Endpoints({ node: 'node-1' });
  endpoints.tell(eventsOf(NEIGHBOURS));
  const editQuietly = (index: number): Manifest => quietPolicy(3, `a${index % 5}`, 90 + index);
  edit(endpoints, editQuietly);
  const alone = median(edit(endpoints, editQuietly));
  const before = heap();
  const manifests = hostileManifests(excess);
  const events = eventsOf(manifests);
  const first = timed(() => endpoints.tell(events));
  const grown = heap() - before;
  const beside = edit(endpoints, editQuietly);
  const policies = manifests.filter((manifest) => manifest['kind'] === 'NetworkPolicy');
  const own = edit(endpoints, (index) => policies[index % policies.length] ?? {});
  const { compiler, datapath } = endpoints;
  const sizes = [
    compiler.identities.size,
    datapath.pairs.size,
    datapath.ports.size,
    compiler.identities.members.edges,
    compiler.refused.size,
  ];
  const cells = [
    ...[first, grown].map((cell) => cell.toFixed(0)),
    ...[median(beside), median(beside) / alone, Math.max(...beside), median(own)].map((cell) => cell.toFixed(1)),
    ...sizes.map(String),
  ];
  console.log(excess.padEnd(14), ...cells.map((cell) => cell.padStart(9)));
}

const head = ['ms', 'MiB', 'edit ms', 'ratio', 'worst ms', 'own ms', 'identit.', 'pairs', 'ports', 'prefixes', 'refused'];
console.log(`${PODS} pods elsewhere`.padEnd(14), ...head.map((cell) => cell.padStart(9)));
for (const excess of EXCESSES.filter((each) => process.argv[2] === undefined || process.argv[2] === each)) measure(excess);
