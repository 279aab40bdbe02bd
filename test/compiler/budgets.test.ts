/** What a hostile namespace asks for never overflows a map, changes nothing for its neighbours, and leaves nothing behind. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Compiler } from '../../src/compiler/compiler.ts';
import { IdentityTable } from '../../src/compiler/identity-table.ts';
import { KernelLedger } from '../../src/compiler/kernel-ledger.ts';
import { RulesetTable } from '../../src/compiler/ruleset-table.ts';
import { parseAddress } from '../../src/model/ip.ts';
import type { ClusterObject } from '../../src/model/objects.ts';
import { decodeObject } from '../../src/model/decode/object.ts';
import { parsePolicy } from '../../src/policy/parse-policy.ts';
import { makeRuleset } from '../../src/policy/ruleset.ts';
import { Endpoints } from '../properties/endpoints.ts';
import { EXCESSES, hostileManifests, slowToCount, times } from '../support/builders/hostile.ts';
import { namespace, node, pod, policy } from '../support/builders/objects.ts';

const CAPACITY = { pairs: 524_288, ports: 262_144, prefixes: 131_072 };

const NEIGHBOURS: readonly ClusterObject[] = [
  node('node-1', ['10.9.0.1']),
  namespace('quiet'),
  namespace('hostile'),
  pod('quiet/web', { node: 'node-1', addresses: ['10.1.0.2'], labels: { app: 'web' } }),
  pod('quiet/friend', { node: 'node-2', addresses: ['10.2.0.1'], labels: { app: 'friend' } }),
  pod('quiet/foe', { node: 'node-2', addresses: ['10.2.0.2'], labels: { app: 'foe' } }),
  pod('hostile/x', { node: 'node-1', addresses: ['10.1.0.3'] }),
  policy(
    'quiet/web',
    {
      podSelector: { matchLabels: { app: 'web' } },
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'friend' } } }], ports: [{ port: 80 }] }],
    },
    { createdAt: 1_000_000, uid: 'quiet' },
  ),
];

function tell(endpoints: Endpoints, objects: readonly ClusterObject[]): void {
  endpoints.tell(objects.map((object) => ({ type: 'upsert', object })));
}

function hostile(excess: (typeof EXCESSES)[number], divisor = 1): ClusterObject[] {
  return hostileManifests(excess, { divisor, node: 'node-1' }).map((manifest) => decodeObject(manifest) as ClusterObject);
}

describe('a hostile namespace', () => {
  it.each(EXCESSES)('of many %s overflows no map and leaves its neighbour as it was', (excess) => {
    const endpoints = new Endpoints({ node: 'node-1' });
    tell(endpoints, NEIGHBOURS);
    const ifindex = endpoints.ifindexOf.get('quiet/web') ?? 0;
    const generation = endpoints.datapath.words.get(ifindex)?.generation;
    tell(endpoints, hostile(excess));
    const { datapath } = endpoints;
    expect(datapath.pairs.size).toBeLessThanOrEqual(CAPACITY.pairs);
    expect(datapath.ports.size).toBeLessThanOrEqual(CAPACITY.ports);
    expect(datapath.prefixes.values().reduce((sum, rows) => sum + rows.size, 0)).toBeLessThanOrEqual(CAPACITY.prefixes);
    expect(datapath.words.get(ifindex)?.generation).toBe(generation);
    expect(datapath.judge(ifindex, 'ingress', parseAddress('10.2.0.1'), 6, 80)).toBe('allow');
    expect(datapath.judge(ifindex, 'ingress', parseAddress('10.2.0.2'), 6, 80)).toBe('deny');
    expect([...endpoints.compiler.refused.keys()].filter((key) => !key.startsWith('hostile/'))).toEqual([]);
    expect(endpoints.compiler.leftOut).toBe(0);
  });

  it.each([
    ['policies', 500 - 256],
    ['cidrs', 1],
    ['excepts', 1],
    ['ports', 1],
    ['port ranges', 1],
    ['port unions', 8],
    ['split pods', 1],
    ['port names', 1],
  ] as const)('of many %s is told which of its policies do not fit', (excess, amount) => {
    const compiler = new Compiler({ node: 'node-1' });
    compiler.apply([...NEIGHBOURS, ...hostile(excess)].map((object) => ({ type: 'upsert', object })));
    compiler.flush({ ms: 0, monotonic: 0n });
    expect(compiler.refused.size).toBe(amount);
    expect([...compiler.refused.values()].every(({ code, mend }) => code === 'E_POLICY_BUDGET' && mend !== undefined)).toBe(true);
  });

  it('that fills the port rows leaves room for what its neighbour writes afterwards', () => {
    const endpoints = new Endpoints({ node: 'node-1' });
    tell(endpoints, [...NEIGHBOURS, ...hostile('port unions')]);
    const ports = times(20, (index) => ({ port: 1000 + index * 2 }));
    tell(endpoints, [
      policy('quiet/new', { podSelector: {}, ingress: [{ from: [{ podSelector: {} }], ports }] }, { createdAt: 3_000_000, uid: 'new' }),
    ]);
    const ifindex = endpoints.ifindexOf.get('quiet/web') ?? 0;
    const judge = (port: number): string => endpoints.datapath.judge(ifindex, 'ingress', parseAddress('10.2.0.2'), 6, port);
    expect([judge(1000), judge(1001), judge(1038)]).toEqual(['allow', 'deny', 'allow']);
  });

  it('that replaces a list of 16,000 blocks faster than the old ones can go neither overflows the prefixes nor keeps others out', () => {
    const endpoints = new Endpoints({ node: 'node-1' });
    tell(endpoints, NEIGHBOURS);
    let most = 0;
    const count = (): void => {
      most = Math.max(
        most,
        endpoints.datapath.prefixes.values().reduce((sum, rows) => sum + rows.size, 0),
      );
    };
    const blocks = (round: number): ClusterObject[] => {
      const from = times(16_000, (index) => ({ ipBlock: { cidr: `${20 + round}.${index >> 8}.${index & 255}.0/24` } }));
      return [policy('hostile/blocks', { podSelector: {}, ingress: [{ from }] }, { createdAt: 2_000_000, uid: 'b' })];
    };
    const rounds = times(8, blocks);
    for (const round of rounds) {
      endpoints.tell(
        round.map((object) => ({ type: 'upsert', object })),
        count,
      );
      // Counting such a list takes its time, and must not take all of it.
      endpoints.wait(1000);
    }
    expect(most).toBeLessThanOrEqual(CAPACITY.prefixes);
    expect(most).toBeGreaterThan(CAPACITY.prefixes / 2);
    const from = [{ ipBlock: { cidr: '10.2.0.0/30' } }];
    tell(endpoints, [policy('quiet/new', { podSelector: {}, ingress: [{ from }] }, { createdAt: 3_000_000, uid: 'new' })]);
    const judge = (pod: string, peer: string): string =>
      endpoints.datapath.judge(endpoints.ifindexOf.get(pod) ?? 0, 'ingress', parseAddress(peer), 6, 80);
    expect(judge('quiet/web', '10.2.0.2')).toBe('allow');
    endpoints.sweep();
    tell(endpoints, []);
    endpoints.sweep();
    tell(endpoints, []);
    expect(endpoints.compiler.leftOut).toBe(0);
    expect(['27.1.1.1', '26.1.1.1', '64.1.1.1'].map((peer) => judge('hostile/x', peer))).toEqual(['allow', 'deny', 'deny']);
  });

  it('that takes long to count waits for its turn with what is new in it, and its neighbours do not wait', () => {
    const endpoints = new Endpoints({ node: 'node-1' });
    tell(endpoints, NEIGHBOURS);
    const blocks = (network: number): ClusterObject => decodeObject(slowToCount(network)) as ClusterObject;
    const late = pod('hostile/late', { node: 'node-1', addresses: ['10.1.0.4'] });
    const judge = (to: string, from: string): string =>
      endpoints.datapath.judge(endpoints.ifindexOf.get(to) ?? 0, 'ingress', parseAddress(from), 6, 80);
    tell(endpoints, [blocks(20)]);
    const open = policy('quiet/open', { podSelector: {}, ingress: [{}] }, { createdAt: 3_000_000, uid: 'open' });
    tell(endpoints, [blocks(21), late, open]);
    expect(endpoints.compiler.waiting).toBe(true);
    // In force is what was; a pod that has not been looked at talks to its node alone.
    expect([judge('hostile/x', '20.1.1.1'), judge('hostile/x', '21.1.1.1')]).toEqual(['allow', 'deny']);
    expect(endpoints.datapath.configOf(endpoints.ifindexOf.get('hostile/late') ?? 0)).toMatchObject({ held: true });
    expect(judge('quiet/web', '10.2.0.2')).toBe('allow');
    endpoints.wait(20_000);
    expect(endpoints.compiler.flushDue(endpoints.now)).toBe(true);
    tell(endpoints, []);
    expect(endpoints.compiler.waiting).toBe(false);
    expect([judge('hostile/x', '20.1.1.1'), judge('hostile/x', '21.1.1.1'), judge('hostile/late', '21.1.1.1')]).toEqual([
      'deny',
      'allow',
      'allow',
    ]);
  });

  it('that edits a list of thousands of blocks again and again keeps no edges of the old ones', () => {
    const endpoints = new Endpoints({ node: 'node-1' });
    tell(endpoints, NEIGHBOURS);
    for (const round of times(6, (index) => index)) {
      const from = times(3000, (index) => ({ ipBlock: { cidr: `172.${16 + round}.${index >> 5}.${(index & 31) * 8}/30` } }));
      tell(endpoints, [policy('hostile/blocks', { podSelector: {}, ingress: [{ from }] }, { createdAt: 2_000_000, uid: 'b' })]);
      endpoints.sweep();
      tell(endpoints, []);
    }
    expect(endpoints.compiler.identities.members.edges).toBeLessThan(3 * 3000);
  });

  it.each(['cidrs', 'excepts', 'small blocks', 'ports', 'port ranges', 'port unions', 'split pods'] as const)(
    'of many %s is refused the same policies in any order of arrival',
    (excess) => {
      const limits = { lists: 1000, identities: 16, pairs: 250, prefixes: 100, portRows: 100 };
      const budget = { pod: { policies: 10, prefixes: 100, portRows: 100 }, namespace: limits, node: limits };
      const refusedIn = (objects: readonly ClusterObject[]): string[] => {
        const compiler = new Compiler({ node: 'node-1', budget });
        for (const object of objects) compiler.apply([{ type: 'upsert', object }]);
        compiler.flush({ ms: 0, monotonic: 0n });
        return [...compiler.refused.keys()].toSorted();
      };
      const objects = [...NEIGHBOURS, ...hostile(excess, 10)];
      const refused = refusedIn(objects);
      expect(refused.length).toBeGreaterThan(0);
      fc.assert(
        fc.property(fc.shuffledSubarray(objects, { minLength: objects.length }), (shuffled) => {
          expect(refusedIn(shuffled)).toEqual(refused);
        }),
        { numRuns: 30 },
      );
    },
  );
});

describe('a ledger without room', () => {
  const table = new IdentityTable();
  for (const index of times(20, (each) => each)) {
    const facts = { namespace: 'shop', namespaceLabels: {}, labels: { n: String(index) }, ports: [] };
    table.setPod(parseAddress(`10.2.0.${index + 1}`), facts);
  }
  const rulesets = new RulesetTable(table);
  const rules = times(20, (index) => ({
    from: [{ podSelector: { matchLabels: { n: String(index) } } }],
    ports: [{ port: 1 + index * 2 }],
  }));
  const parsed = parsePolicy(policy('shop/all', { podSelector: {}, ingress: rules }));
  const ruleset = rulesets.acquire(makeRuleset('ingress', [parsed], []));
  const ledger = new KernelLedger(table, rulesets, { pairs: 8, portRows: 100 });

  it('leaves pairs out, which closes them, and counts them', () => {
    const pairs = ledger.additions().filter(({ op }) => op === 'put-pair');
    expect(pairs).toHaveLength(8);
    expect(ledger.leftOut).toBe(12);
    expect([...ledger.desiredPairs()].filter((put) => put !== undefined)).toHaveLength(8);
  });

  it('removes what it wrote and no more', () => {
    rulesets.release(ruleset);
    ledger.removals(0);
    expect(ledger.removals(2000).filter(({ op }) => op === 'delete-pair')).toHaveLength(8);
    expect([ledger.pairs, ledger.portRows, ledger.leftOut]).toEqual([0, 0, 0]);
  });
});
