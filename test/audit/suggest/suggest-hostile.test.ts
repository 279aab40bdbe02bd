/** Policies that are suggested for flows and manifests whose names and labels mean something in YAML. */

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parsePolicy } from '../../../src/policy/parse-policy.ts';
import { readText } from '../support/read-text.ts';
import { lineOf, suggest, withPolicies } from './flow-lines.ts';
import { pod, SHOP } from './suggest-input.ts';

describe('hostile labels and names', () => {
  const HOSTILE = {
    on: 'yes',
    y: '1e3',
    '0o17': '0x1F',
    '1_000': '1.50',
    '2026-11-22': 'null',
    empty: '',
    constructor: 'toString',
  };

  it('are read back as they were, by readers of either YAML', async () => {
    const input = await readText(pod('shop/web', HOSTILE), pod('shop/db'));
    const made = await suggest(input, [lineOf({})]);
    const expected = { app: 'web', ...HOSTILE };
    for (const version of ['1.1', '1.2'] as const) {
      const documents = made.text.split(/^---$/m).slice(1);
      expect(documents).toHaveLength(4);
      const egress = parse(documents[3]!, { version, merge: true }) as { spec: { podSelector: { matchLabels: object } } };
      expect(Object.entries(egress.spec.podSelector.matchLabels)).toEqual(expect.arrayContaining(Object.entries(expected)));
    }
    const policies = (await withPolicies(input, made.text)).objects.flatMap(({ object }) =>
      object.kind === 'NetworkPolicy' ? [object] : [],
    );
    expect(policies).toHaveLength(4);
    expect(policies.flatMap((policy) => parsePolicy(policy).problems)).toEqual([]);
  });

  it('of flows are comments of one line', async () => {
    const made = await suggest(await readText(...SHOP), [lineOf({ peer: 'node x\nkind: Pod\r\u2028- evil', destination: '192.0.2.3' })]);
    expect(made.text).toContain(String.raw`outside: node x\nkind: Pod\r\u2028- evil`);
    expect(made.text).not.toMatch(/^kind: Pod/m);
  });
});
