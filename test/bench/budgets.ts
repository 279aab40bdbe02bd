/**
 * `node --expose-gc test/bench/budgets.ts [EXCESS]`: time and memory of the compiler for each kind of hostile namespace beside quiet neighbours, and how
 * long an edit of a neighbour takes then. PODS: pods on other nodes.
 */

import { decodeObject } from '../../src/model/decode/object.ts';
import type { ClusterObject } from '../../src/model/objects.ts';
import type { ClusterEvent } from '../../src/model/source.ts';
import { Endpoints } from '../properties/endpoints.ts';
import { EXCESSES, hostileManifests, times, type Excess } from '../support/builders/hostile.ts';
import { namespaceManifest, nodeManifest, podManifest, policyManifest, type Manifest } from '../support/builders/manifests.ts';

const PODS = Number(process.env['PODS'] ?? 2000);
const EDITS = 10;

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

function measure(excess: Excess): void {
  const endpoints = new Endpoints({ node: 'node-1' });
  endpoints.tell(eventsOf(NEIGHBOURS));
  const before = heap();
  const events = eventsOf(hostileManifests(excess));
  const first = timed(() => endpoints.tell(events));
  const grown = heap() - before;
  const edits = times(EDITS, (index) => timed(() => endpoints.tell(eventsOf([quietPolicy(3, `a${index % 5}`, 90 + index)]))));
  const median = edits.toSorted((a, b) => a - b)[EDITS >> 1] ?? 0;
  const { compiler, datapath } = endpoints;
  const cells = [first, grown, median, Math.max(...edits), compiler.identities.size, datapath.pairs.size, datapath.ports.size];
  const numbers = [...cells, compiler.identities.members.edges, compiler.refused.size].map((cell) => cell.toFixed(0).padStart(9));
  console.log(excess.padEnd(14), ...numbers);
}

const head = ['ms', 'MiB', 'edit ms', 'worst ms', 'identit.', 'pairs', 'ports', 'prefixes', 'refused'];
console.log(`${PODS} pods elsewhere`.padEnd(14), ...head.map((cell) => cell.padStart(9)));
for (const excess of EXCESSES.filter((each) => process.argv[2] === undefined || process.argv[2] === each)) measure(excess);
