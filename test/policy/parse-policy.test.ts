/** What a policy that is wrong means, and what is said about it. */

import { describe, expect, it } from 'vitest';
import { formatError } from '../../src/model/error.ts';
import { parsePolicy } from '../../src/policy/parse-policy.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { policy } from '../support/builders/objects.ts';

const parse = (spec: unknown): Policy => parsePolicy(policy('shop/p', spec));
const ingress = (rule: unknown): Policy => parse({ podSelector: {}, ingress: [rule] });

describe('a policy that is wrong anywhere isolates its selection and allows nothing', () => {
  it.each([
    ['an unknown field beside from', { form: [] }, 'spec.ingress[0].form'],
    ['a forgotten entry', null, 'spec.ingress[0]'],
    ['a forgotten port', { ports: [null] }, 'spec.ingress[0].ports[0]'],
    ['an unknown protocol', { ports: [{ protocol: 'HTTP', port: 80 }] }, 'spec.ingress[0].ports[0].protocol'],
    ['a quoted number', { ports: [{ port: '80' }] }, 'spec.ingress[0].ports[0].port'],
    ['port 0', { ports: [{ port: 0 }] }, 'spec.ingress[0].ports[0].port'],
    ['port 65536', { ports: [{ port: 65536 }] }, 'spec.ingress[0].ports[0].port'],
    ['endPort without port', { ports: [{ endPort: 90 }] }, 'spec.ingress[0].ports[0].endPort'],
    ['endPort below port', { ports: [{ port: 90, endPort: 80 }] }, 'spec.ingress[0].ports[0].endPort'],
    ['endPort of a name', { ports: [{ port: 'http', endPort: 80 }] }, 'spec.ingress[0].ports[0].endPort'],
    [
      'an unknown operator',
      { from: [{ podSelector: { matchExpressions: [{ key: 'a', operator: 'Like', values: ['b'] }] } }] },
      'spec.ingress[0].from[0].podSelector.matchExpressions[0].operator',
    ],
    [
      'In without values',
      { from: [{ podSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } }] },
      'spec.ingress[0].from[0].podSelector.matchExpressions[0].values',
    ],
    [
      'Exists with values',
      { from: [{ podSelector: { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] } }] },
      'spec.ingress[0].from[0].podSelector.matchExpressions[0].values',
    ],
    [
      'a label that is no text',
      { from: [{ podSelector: { matchLabels: { tier: 1 } } }] },
      'spec.ingress[0].from[0].podSelector.matchLabels.tier',
    ],
    [
      'a label key that is none',
      { from: [{ podSelector: { matchLabels: { 'a.b/c d': 'x' } } }] },
      'spec.ingress[0].from[0].podSelector.matchLabels["a.b/c d"]',
    ],
    [
      'a label value that is none',
      { from: [{ namespaceSelector: { matchLabels: { tier: 'x y' } } }] },
      'spec.ingress[0].from[0].namespaceSelector.matchLabels.tier',
    ],
    [
      'an expression with a key that is none',
      { from: [{ podSelector: { matchExpressions: [{ key: '/a', operator: 'Exists' }] } }] },
      'spec.ingress[0].from[0].podSelector.matchExpressions[0].key',
    ],
    ['an address with leading zeros', { from: [{ ipBlock: { cidr: '010.0.0.0/8' } }] }, 'spec.ingress[0].from[0].ipBlock.cidr'],
    ['a mapped address', { from: [{ ipBlock: { cidr: '::ffff:10.0.0.0/104' } }] }, 'spec.ingress[0].from[0].ipBlock.cidr'],
  ])('%s', (_, rule, field) => {
    const parsed = ingress(rule);
    expect(parsed.valid).toBe(false);
    expect(parsed.rules).toEqual({ ingress: [], egress: undefined });
    const [problem] = parsed.problems;
    expect(problem?.at.field).toBe(field);
    expect(problem?.mend).not.toBe('');
    expect(formatError(problem!)).toContain('NetworkPolicy shop/p');
  });

  it('in both directions where its types cannot be read', () => {
    for (const policyTypes of [['Ingres'], 'Ingress', [7]])
      expect(parse({ podSelector: {}, policyTypes }).rules).toEqual({ ingress: [], egress: [] });
  });

  it('and selects nothing where its selection cannot be read', () => {
    const parsed = parse({ podSelector: { matchLabels: ['a'] }, ingress: [{}] });
    expect(parsed.subject).toBeUndefined();
    expect(parsed.valid).toBe(false);
  });

  it('and selects nothing, not all, where its only label is no label', () => {
    const podSelector: unknown = JSON.parse('{"matchLabels":{"__proto__":"a"}}');
    expect(parse({ podSelector })).toMatchObject({ subject: undefined, valid: false });
  });

  it('but not for a value of an expression that no object can have, which the API server may have taken before', () => {
    const podSelector = { matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['x y'] }] };
    const parsed = parse({ podSelector });
    expect(parsed).toMatchObject({ valid: true, subject: podSelector });
    expect(parsed.problems.map(({ at }) => at.field)).toEqual(['spec.podSelector.matchExpressions[0].values[0]']);
  });

  it('of a spec that is missing, as the API server reads it: all pods, no ingress', () => {
    const parsed = parse(undefined);
    expect(parsed).toMatchObject({ valid: true, subject: {}, rules: { ingress: [], egress: undefined } });
  });
});

describe('a peer of unknown or mixed kind matches nothing, and the rest of its policy holds', () => {
  it.each([
    ['an empty peer', {}],
    ['a kind that is not known', { serviceSelector: {} }],
    ['an ipBlock beside a selector', { ipBlock: { cidr: '10.0.0.0/8' }, podSelector: {} }],
  ])('%s', (_, peer) => {
    const parsed = ingress({ from: [peer, { podSelector: {} }] });
    expect(parsed.valid).toBe(true);
    expect(parsed.rules.ingress?.[0]?.peers).toHaveLength(1);
    expect(parsed.problems).toHaveLength(1);
    expect(ingress({ from: [peer] }).rules.ingress?.[0]?.peers, 'alone it is not "any"').toEqual([]);
  });
});

describe('defaults', () => {
  it.each([
    [{ podSelector: {} }, { ingress: [], egress: undefined }],
    [
      { podSelector: {}, policyTypes: [] },
      { ingress: [], egress: undefined },
    ],
    [
      { podSelector: {}, egress: [] },
      { ingress: [], egress: undefined },
    ],
    [
      { podSelector: {}, policyTypes: ['Egress'], ingress: [{}] },
      { ingress: undefined, egress: [] },
    ],
  ])('the types of %j', (spec, rules) => {
    expect(parse(spec).rules).toEqual(rules);
  });

  it('egress rules add the type Egress', () => {
    expect(parse({ podSelector: {}, egress: [{}] }).rules.egress).toHaveLength(1);
  });
});
