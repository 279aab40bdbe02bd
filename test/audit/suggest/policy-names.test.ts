import { describe, expect, it } from 'vitest';
import { policyYaml } from '../../../src/audit/checks/policy-yaml.ts';
import { PolicyNames } from '../../../src/audit/suggest/policy-names.ts';
import { readText } from '../support/read-text.ts';

describe('names of suggested policies', () => {
  it('are given once in a namespace, and never where the input has one', async () => {
    const names = new PolicyNames(await readText(policyYaml('podSelector: {}').replace('name: web', 'name: web-ingress')));
    expect(names.take('shop', 'web', '-ingress')).toBe('web-ingress-2');
    expect(names.take('shop', 'web', '-ingress')).toBe('web-ingress-3');
    expect(names.take('bank', 'web', '-ingress')).toBe('web-ingress');
  });

  it('are no longer than the API allows, and end as it asks', async () => {
    const names = new PolicyNames(await readText());
    const first = names.take('shop', `${'a'.repeat(244)}.${'b'.repeat(8)}`, '-ingress');
    const second = names.take('shop', `${'a'.repeat(244)}.${'b'.repeat(8)}`, '-ingress');
    expect(first).toBe(`${'a'.repeat(244)}-ingress`);
    expect(second).toMatch(/^a+-ingress-2$/);
    expect(second.length).toBeLessThanOrEqual(253);
  });
});
