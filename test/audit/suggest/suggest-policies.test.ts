/** Policies that are suggested for a list of flows: which there are, and what stands in them. */

import { describe, expect, it } from 'vitest';
import { AuditModel } from '../../../src/audit/model/audit-model.ts';
import { explain } from '../../../src/audit/explain/explain.ts';
import { readText } from '../support/read-text.ts';
import { lineOf, suggest, withPolicies } from './flow-lines.ts';
import { SHOP, specsOf } from './suggest-input.ts';

describe('suggested policies', () => {
  it('are one for each direction of each workload that had flows, and isolate in that direction alone', async () => {
    const made = await suggest(await readText(...SHOP), [lineOf({}), lineOf({ pod: 'shop/db', peer: 'bank/pay', port: 443 })]);
    const specs = specsOf(made);
    expect(Object.keys(specs)).toEqual([
      'bank/pay-ingress',
      'bank/pay-egress',
      'shop/db-ingress',
      'shop/db-egress',
      'shop/web-ingress',
      'shop/web-egress',
    ]);
    expect(specs['shop/db-ingress']).toEqual({
      podSelector: { matchLabels: { app: 'db' } },
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ protocol: 'TCP', port: 5432 }] }],
    });
    expect(specs['shop/db-egress']?.egress).toEqual([
      {
        to: [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'bank' } },
            podSelector: { matchLabels: { app: 'pay' } },
          },
        ],
        ports: [{ protocol: 'TCP', port: 443 }],
      },
    ]);
    expect(specs['shop/web-ingress']).toEqual({ podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress'] });
    expect(made.suggestion.notes).toEqual(['no policy, because no flow was seen, for Pod shop/api']);
    expect(made.suggestion.lacking).toEqual([]);
  });

  it('are for the workloads and directions that are asked for, flows or none', async () => {
    const input = await readText(...SHOP);
    const workloads = input.workloads.filter(({ name }) => name === 'api' || name === 'db');
    const made = await suggest(input, [lineOf({})], { workloads, directions: ['ingress'] });
    expect(Object.keys(specsOf(made))).toEqual(['shop/api-ingress', 'shop/db-ingress']);
    expect(made.text).toContain('# ingress of Pod shop/api: no flow was seen, so it allows nothing');
  });

  it('say how many flows stand behind each rule', async () => {
    const made = await suggest(await readText(...SHOP), [lineOf({}), lineOf({}), lineOf({ port: 80 })]);
    expect(made.text).toContain('    # 3 flows to Pod shop/db\n    - to:');
    // Told by one end, it counts for the other one.
    expect(made.text).toContain('    # 3 flows from Pod shop/web\n    - from:');
  });

  it('count a flow that both ends told of once for each', async () => {
    const made = await suggest(await readText(...SHOP), [lineOf({}), lineOf({ direction: 'ingress', pod: 'shop/db', peer: 'shop/web' })]);
    expect(made.text.match(/# 1 flow /g)).toHaveLength(2);
  });

  it('leave out what was denied, at the end that denied it, unless that is asked for', async () => {
    const input = await readText(...SHOP);
    const denied = lineOf({ direction: 'ingress', pod: 'shop/db', peer: 'shop/web', verdict: 'deny', reason: 'POLICY' });
    const without = await suggest(input, [lineOf({}), denied]);
    expect(specsOf(without)['shop/web-egress']?.egress).toHaveLength(1);
    expect(specsOf(without)['shop/db-ingress']).toBeUndefined();
    expect(without.suggestion.notes[0]).toBe('1 flow that no policy allowed left out (--include-denied takes them in)');
    const all = await suggest(input, [lineOf({}), denied], { includeDenied: true });
    expect(specsOf(all)['shop/db-ingress']?.ingress).toHaveLength(1);
  });

  it('give runs of ports as ranges, and nothing between others', async () => {
    const lines = [8000, 8001, 8002, 80, 81, 8004].map((port) => lineOf({ port }));
    const made = await suggest(await readText(...SHOP), lines);
    expect(specsOf(made)['shop/db-ingress']?.ingress).toMatchObject([
      {
        ports: [
          { protocol: 'TCP', port: 80 },
          { protocol: 'TCP', port: 81 },
          { protocol: 'TCP', port: 8000, endPort: 8002 },
          { protocol: 'TCP', port: 8004 },
        ],
      },
    ]);
  });

  it('replace none that is there, and say which of those allow something beside', async () => {
    const there = JSON.stringify({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { namespace: 'shop', name: 'db-ingress' },
      spec: { podSelector: {}, ingress: [{}] },
    });
    const made = await suggest(await readText(...SHOP, there), [lineOf({})]);
    expect(Object.keys(specsOf(made))).toContain('shop/db-ingress-2');
    expect(Object.keys(specsOf(made))).not.toContain('shop/db-ingress');
    expect(made.text).toContain('# policies add up: what shop/db-ingress allows stays allowed');
  });

  it('read the same whatever the order of lines and manifests', async () => {
    const lines = [
      lineOf({}),
      lineOf({ peer: 'shop/api', port: 8080 }),
      lineOf({ peer: '203.0.113.9', destination: '203.0.113.9' }),
      lineOf({ peer: '203.0.113.8', destination: '203.0.113.8' }),
      lineOf({ peer: 'bank/pay', protocol: 'SCTP', port: 1 }),
    ];
    const { text } = await suggest(await readText(...SHOP), lines);
    expect((await suggest(await readText(...SHOP.toReversed()), lines.toReversed())).text).toBe(text);
  });

  it('allow what was seen when they are explained, and not the next port', async () => {
    const input = await readText(...SHOP);
    const { text } = await suggest(input, [lineOf({})]);
    const model = new AuditModel(await withPolicies(input, text));
    expect(explain(model, 'shop/web', 'shop/db:5432').allowed).toBe('all');
    expect(explain(model, 'shop/web', 'shop/db:5433').allowed).toBe('none');
    expect(explain(model, 'bank/pay', 'shop/db:5432').allowed).toBe('none');
    expect(explain(model, 'shop/db', 'shop/web:5432').allowed).toBe('none');
  });
});
