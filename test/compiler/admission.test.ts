/** Budgets: one tenant's excess is its own affair. */

import { describe, expect, it } from 'vitest';
import { Compiler } from '../../src/compiler/compiler.ts';
import { judgePeer } from '../../src/compiler/explain.ts';
import { parseAddress } from '../../src/model/ip.ts';
import type { ClusterObject } from '../../src/model/objects.ts';
import { namespace, node, pod, policy } from '../support/builders/objects.ts';

const NAMESPACE = { lists: 1000, identities: 32, pairs: 1000, prefixes: 100, portRows: 1000 };
const BUDGET = {
  pod: { policies: 100, prefixes: 1000, portRows: 1000 },
  namespace: NAMESPACE,
  node: { lists: 1000, identities: 64, pairs: 4000, prefixes: 400, portRows: 4000 },
};
const PEER = parseAddress('10.2.0.1');

const cluster: readonly ClusterObject[] = [
  node('node-1', ['10.9.0.1']),
  namespace('quiet'),
  namespace('hostile'),
  pod('quiet/web', { node: 'node-1', addresses: ['10.1.0.2'], labels: { app: 'web' } }),
  pod('hostile/x', { node: 'node-1', addresses: ['10.1.0.3'], labels: { app: 'x' } }),
  ...Array.from({ length: 60 }, (_, index) =>
    pod(`quiet/p${index}`, { node: 'node-2', addresses: [`10.2.0.${index + 1}`], labels: { n: String(index) } }),
  ),
  policy(
    'quiet/web',
    { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ from: [{ podSelector: {} }] }] },
    { createdAt: 1_000_000, uid: 'quiet' },
  ),
];

const many = (amount: number, from: (index: number) => unknown): ClusterObject[] =>
  Array.from({ length: amount }, (_, index) =>
    policy(
      `hostile/h${index}`,
      { podSelector: {}, ingress: [{ from: [from(index)] }] },
      { createdAt: 2_000_000 + index * 1000, uid: `h${index}` },
    ),
  );

const splitting = many(60, (index) => ({
  namespaceSelector: {},
  podSelector: { matchExpressions: [{ key: 'n', operator: 'In', values: [String(index)] }] },
}));
const blocks = [
  policy(
    'hostile/blocks',
    {
      podSelector: {},
      ingress: [{ from: Array.from({ length: 300 }, (_, index) => ({ ipBlock: { cidr: `172.16.${index % 256}.${index >> 8}/32` } })) }],
    },
    { createdAt: 2_000_000, uid: 'b' },
  ),
];

function compile(objects: readonly ClusterObject[]): Compiler {
  const compiler = new Compiler({ node: 'node-1', budget: BUDGET });
  for (const object of objects) {
    compiler.apply([{ type: 'upsert', object }]);
    compiler.flush({ ms: 0, monotonic: 0n });
  }
  // Pods that policies name are looked at every five seconds.
  compiler.flush({ ms: 5000, monotonic: 0n });
  return compiler;
}

describe('a namespace that asks for too much', () => {
  it.each([
    ['identities', splitting],
    ['prefixes', blocks],
  ])('of %s has its excess refused, its selection isolated, and its neighbours untouched', (_, excess) => {
    const compiler = compile([...cluster, ...excess]);
    const refused = [...compiler.refused];
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.every(([key, error]) => key.startsWith('hostile/') && error.code === 'E_POLICY_BUDGET')).toBe(true);
    expect(judgePeer(compiler, 'quiet/web', 'ingress', PEER, 6, 80)).toBe('allow');
    expect(judgePeer(compiler, 'hostile/x', 'ingress', parseAddress('203.0.113.1'), 6, 80)).toBe('deny');
    expect(compiler.identities.size).toBeLessThanOrEqual(NAMESPACE.identities + 1);
  });

  it('is refused the youngest policies, whatever the order of events', () => {
    const forwards = [...compile([...cluster, ...splitting]).refused.keys()].sort();
    const backwards = [...compile([...splitting.toReversed(), ...cluster]).refused.keys()].sort();
    expect(backwards).toEqual(forwards);
    expect(forwards).toContain('hostile/h59');
    expect(forwards).not.toContain('hostile/h0');
  });

  it('is let in again once it asks for less', () => {
    const compiler = compile([...cluster, ...splitting]);
    compiler.apply(
      splitting.slice(5).map((object) => ({ type: 'delete', kind: 'NetworkPolicy', key: `hostile/${(object as { name: string }).name}` })),
    );
    compiler.flush({ ms: 5000, monotonic: 0n });
    expect([...compiler.refused.keys()]).toEqual([]);
  });
});

describe('limits', () => {
  const ports = (...numbers: number[]): unknown[] => numbers.map((port) => ({ port }));
  const older = (index: number): { createdAt: number; uid: string } => ({ createdAt: 2_000_000 + index, uid: `u${index}` });
  const rule = (index: number, spec: object): ClusterObject => policy(`hostile/r${index}`, { podSelector: {}, ...spec }, older(index));
  const from = (n: number): unknown[] => [{ namespaceSelector: {}, podSelector: { matchLabels: { n: String(n) } } }];
  const half = (bit: number): unknown[] => {
    const values = Array.from({ length: 60 }, (_, index) => index).filter((index) => ((index >> bit) & 1) === 1);
    return [{ namespaceSelector: {}, podSelector: { matchExpressions: [{ key: 'n', operator: 'In', values: values.map(String) }] } }];
  };
  const refusedBy = (budget: Partial<Record<keyof typeof BUDGET, object>>, ...objects: ClusterObject[]): string[] => {
    const compiler = new Compiler({
      node: 'node-1',
      budget: {
        pod: { ...BUDGET.pod, ...budget.pod },
        namespace: { ...BUDGET.namespace, ...budget.namespace },
        node: { ...BUDGET.node, ...budget.node },
      },
    });
    compiler.apply([...cluster, ...objects].map((object) => ({ type: 'upsert', object })));
    compiler.flush({ ms: 0, monotonic: 0n });
    return [...compiler.refused.keys()];
  };

  it('of a pod: how many policies select it, each direction for itself', () => {
    const rules = [0, 1, 2].map((index) => rule(index, { ingress: [{ from: from(index) }] }));
    expect(refusedBy({ pod: { policies: 2 } }, ...rules, rule(3, { policyTypes: ['Egress'] }))).toEqual(['hostile/r2']);
  });

  it('of a pod: port rows, which every set of overlapping rules has for itself', () => {
    const overlapping = [0, 1, 2].map((bit) => rule(bit, { ingress: [{ from: half(bit), ports: ports(1, 3, 5, 7) }] }));
    const apart = [0, 1, 2].map((index) => rule(index, { ingress: [{ from: from(index), ports: ports(1, 3, 5, 7) }] }));
    // One rule: 4. Two that overlap: 4 and 4 of each alone, 8 of both. Three: 48.
    expect(refusedBy({ pod: { portRows: 16 } }, ...overlapping)).toEqual(['hostile/r2']);
    expect(refusedBy({ pod: { portRows: 48 } }, ...overlapping)).toEqual([]);
    expect(refusedBy({ pod: { portRows: 12 } }, ...apart)).toEqual([]);
  });

  it('of a namespace: what is refused takes no room from what is younger', () => {
    const rules = [rule(0, { ingress: [0, 1, 2, 3, 4].map((n) => ({ from: from(n) })) }), rule(1, { ingress: [{ from: from(5) }] })];
    expect(refusedBy({ namespace: { identities: 4 } }, ...rules)).toEqual(['hostile/r0']);
  });

  it('of a node: what fits every namespace may not fit them all, and then the youngest are refused', () => {
    const bits = [0, 1, 2, 3].map((bit) => rule(bit, { ingress: [{ from: half(bit) }] }));
    const other = policy(
      'quiet/late',
      {
        podSelector: {},
        ingress: [{ from: [{ podSelector: { matchExpressions: [{ key: 'n', operator: 'In', values: ['0', '1', '2', '3'] }] } }] }],
      },
      { createdAt: 3_000_000, uid: 'late' },
    );
    // 15 classes of the bits, and those without any; one list of all pods makes no more of them.
    expect(refusedBy({ node: { identities: 17 } }, ...bits)).toEqual([]);
    expect(refusedBy({ node: { identities: 17 } }, ...bits, other)).toEqual(['quiet/late']);
    expect(refusedBy({ node: { identities: 20 } }, ...bits, other)).toEqual([]);
  });

  it("are each node's own in a compile of the whole cluster", () => {
    const compiler = new Compiler({ budget: { ...BUDGET, pod: { ...BUDGET.pod, policies: 1 } } });
    const rules = [
      rule(0, { podSelector: {}, ingress: [] }),
      rule(1, { podSelector: { matchLabels: { app: 'x' } }, ingress: [{ from: from(1) }] }),
    ];
    const elsewhere = pod('hostile/y', { node: 'node-2', addresses: ['10.2.1.1'], labels: { app: 'y' } });
    compiler.apply([...cluster, ...rules, elsewhere].map((object) => ({ type: 'upsert', object })));
    compiler.flush({ ms: 0, monotonic: 0n });
    expect([...compiler.refusedAt('node-1').keys()]).toEqual(['hostile/r1']);
    expect([...compiler.refusedAt('node-2').keys()]).toEqual([]);
  });
});
