/** Plans: what is written for an edit, and above all what is not. */

import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/model/ip.ts';
import type { Operation } from '../../src/model/plan.ts';
import type { ClusterObject } from '../../src/model/objects.ts';
import { Endpoints } from '../properties/endpoints.ts';
import { namespace, node, pod, policy } from '../support/builders/objects.ts';

const PEERS = Array.from({ length: 20 }, (_, index) =>
  pod(`shop/p${index}`, { node: 'node-2', addresses: [`10.1.1.${index + 1}`], labels: { app: index < 15 ? 'a' : 'b' } }),
);
const WEB = pod('shop/web', { node: 'node-1', addresses: ['10.1.0.2'], labels: { app: 'web' } });

function allow(...from: unknown[]): ClusterObject {
  return policy('shop/web', { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ from, ports: [{ port: 80 }] }] });
}

const A = { podSelector: { matchLabels: { app: 'a' } } };
const EVERYBODY = { namespaceSelector: {} };

function start(...objects: ClusterObject[]): { endpoints: Endpoints; tell: (...objects: ClusterObject[]) => Operation[] } {
  const endpoints = new Endpoints({ node: 'node-1' });
  const tell = (...told: ClusterObject[]): Operation[] => {
    const operations: Operation[] = [];
    endpoints.tell(
      told.map((object) => ({ type: 'upsert', object })),
      (operation) => operations.push(operation),
    );
    return operations;
  };
  tell(namespace('shop'), node('node-1', ['10.9.0.1']), WEB, ...PEERS, ...objects);
  return { endpoints, tell };
}

const count = (operations: readonly Operation[], op: Operation['op']): number =>
  operations.filter((operation) => operation.op === op).length;

describe('an edit', () => {
  it('that adds a broad peer renumbers nobody who had an identity', () => {
    const { endpoints, tell } = start(allow(A));
    const before = endpoints.datapath.identityOf(parseAddress('10.1.1.1'));
    const operations = tell(allow(A, EVERYBODY));
    expect(endpoints.datapath.identityOf(parseAddress('10.1.1.1'))).toBe(before);
    // The five others and the pod itself had no identity.
    expect(count(operations, 'put-address')).toBe(6);
  });

  it('that adds 0.0.0.0/0 writes no address', () => {
    const { tell } = start(allow(EVERYBODY));
    const operations = tell(allow(EVERYBODY, { ipBlock: { cidr: '0.0.0.0/0' } }));
    // The node's own address is one that no pod has.
    expect(operations.filter((operation) => operation.op === 'put-address' && !operation.ownNode)).toEqual([]);
  });

  it('gives the old ruleset rows for new identities before any address moves', () => {
    const everyone = { from: [{ podSelector: {} }], ports: [{ port: 80 }] };
    const rules = (...ingress: unknown[]): ClusterObject => policy('shop/web', { podSelector: { matchLabels: { app: 'web' } }, ingress });
    const { endpoints, tell } = start(rules(everyone));
    const old = endpoints.compiler.subject('shop/web')?.rulesets.ingress?.id;
    const operations = tell(rules(everyone, { from: [A], ports: [{ port: 81 }] }));
    const pair = operations.findIndex((operation) => operation.op === 'put-pair' && operation.ruleset === old);
    const move = operations.findIndex((operation) => operation.op === 'put-address');
    const flip = operations.findIndex((operation) => operation.op === 'set-endpoint');
    expect(pair).toBeGreaterThanOrEqual(0);
    expect(pair).toBeLessThan(move);
    expect(move).toBeLessThan(flip);
  });

  it('that only widens leaves the generation alone, and one that narrows does not', () => {
    const { endpoints, tell } = start(allow(A));
    const generation = (): number | undefined => endpoints.datapath.words.get(endpoints.ifindexOf.get('shop/web') ?? 0)?.generation;
    const first = generation();
    tell(allow(A, EVERYBODY));
    expect(generation()).toBe(first);
    tell(allow(A));
    expect(generation()).toBe((first ?? 0) + 1);
  });

  it('of a peer that loses its label bumps, of a new pod does not', () => {
    const { endpoints, tell } = start(allow(A));
    const generation = (): number | undefined => endpoints.datapath.words.get(endpoints.ifindexOf.get('shop/web') ?? 0)?.generation;
    const first = generation();
    tell(pod('shop/new', { node: 'node-2', addresses: ['10.1.1.99'], labels: { app: 'a' } }));
    expect(generation()).toBe(first);
    tell(pod('shop/p0', { node: 'node-2', addresses: ['10.1.1.1'], labels: { app: 'b' } }));
    expect(generation()).toBe((first ?? 0) + 1);
  });

  it('that changes nothing is an empty plan', () => {
    const { tell } = start(allow(A));
    expect(tell(allow(A))).toEqual([]);
  });

  it('removes nothing at once', () => {
    const { endpoints, tell } = start(allow(A));
    const operations = tell(allow({ podSelector: { matchLabels: { app: 'b' } } }));
    expect(operations.filter((operation) => operation.op.startsWith('delete-'))).toEqual([]);
    const pairs = endpoints.datapath.pairs.size;
    endpoints.sweep();
    expect(endpoints.datapath.pairs.size).toBeLessThan(pairs);
  });

  it('never uses a number twice', () => {
    const { endpoints, tell } = start(allow(A));
    const rulesets = new Set<number>();
    const identities = new Set<number>();
    for (let round = 0; round < 5; round += 1) {
      for (const operation of [
        ...tell(allow({ podSelector: { matchLabels: { app: 'b' } } })),
        ...tell(allow(A, EVERYBODY)),
        ...tell(allow(A)),
      ]) {
        if (operation.op === 'put-pair') {
          rulesets.add(operation.ruleset);
          identities.add(operation.identity);
        }
      }
      endpoints.sweep();
      endpoints.compiler.identities.compact();
      endpoints.tell([]);
      endpoints.sweep();
    }
    expect(rulesets.size).toBeGreaterThanOrEqual(10);
    expect(identities.size).toBeGreaterThan(1);
  });

  it('a death is swept, unless the address is owned again', () => {
    const { endpoints, tell } = start(allow(A));
    endpoints.tell([{ type: 'delete', kind: 'Pod', key: 'shop/p0' }]);
    endpoints.sweep();
    expect(endpoints.datapath.swept).toEqual([[parseAddress('10.1.1.1')]]);
    endpoints.tell([{ type: 'delete', kind: 'Pod', key: 'shop/p1' }]);
    tell(pod('shop/other', { node: 'node-2', addresses: ['10.1.1.2'], labels: { app: 'c' } }));
    endpoints.sweep();
    expect(endpoints.datapath.swept).toHaveLength(1);
  });

  it('a counter slot is begun anew for the next pod, also for one that had nothing to count at first', () => {
    const { endpoints, tell } = start(allow(A));
    endpoints.tell([
      { type: 'delete', kind: 'Pod', key: 'shop/web' },
      { type: 'delete', kind: 'NetworkPolicy', key: 'shop/web' },
    ]);
    tell(pod('shop/web', { node: 'node-1', addresses: ['10.1.0.3'], labels: { app: 'web' }, uid: 'another' }));
    const slot = endpoints.compiler.endpoints.get('shop/web')?.counters;
    expect(tell(allow(A))).toContainEqual({ op: 'reset-counters', slot });
    expect(count(tell(allow(EVERYBODY)), 'reset-counters')).toBe(0);
  });
});
