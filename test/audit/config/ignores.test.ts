/** What is ignored, by whom, and until when. */

import { describe, expect, it } from 'vitest';
import { applyIgnores } from '../../../src/audit/config/apply-ignores.ts';
import type { IgnoreRule } from '../../../src/audit/config/audit-config.ts';
import { matchesNamespace, matchesObject } from '../../../src/audit/config/match-object.ts';
import type { Finding } from '../../../src/audit/finding.ts';
import { codesOf, podManifest, readStdin, workloadManifest } from '../input/input-support.ts';

const finding = (check: string, object: string): Finding => ({
  check,
  severity: 'warning',
  message: 'm',
  at: { object },
  related: [],
  mend: 'm',
  fingerprint: `${check}|${object}`,
});

const rule = (extra: Partial<IgnoreRule> = {}): IgnoreRule => ({
  check: 'PN001',
  object: '*',
  reason: 'known',
  at: { file: 'c.yaml', line: 7 },
  ...extra,
});

const WEB = finding('PN001', 'Deployment shop/web');

describe('a pattern', () => {
  it.each([
    ['*', 'Deployment shop/web'],
    ['*', 'Namespace shop'],
    ['web', 'Deployment shop/web'],
    ['w*b', 'Pod shop/web'],
    ['shop/*', 'Deployment shop/web'],
    ['sh*/*', 'Deployment shop/web'],
    ['Deployment *', 'Deployment shop/web'],
    ['Deployment shop/web', 'Deployment shop/web'],
    ['*Set shop/*', 'StatefulSet shop/db'],
    ['Namespace shop', 'Namespace shop'],
    ['a*b*c', 'Pod x/aXXbYYc'],
    ['a*a', 'Pod x/aa'],
  ])('%s means %s', (pattern, object) => {
    expect(matchesObject(pattern, object)).toBe(true);
  });

  it.each([
    ['web', 'Deployment shop/web-2'],
    ['web', 'Deployment web/shop'],
    ['shop/*', 'Deployment shopping/web'],
    ['shop/*', 'Namespace shop'],
    ['Deployment *', 'StatefulSet shop/web'],
    ['Deployment shop/web', 'Deployment shop/web2'],
    ['a*a', 'Pod x/a'],
    ['a*b*b', 'Pod x/ab'],
    ['', 'Pod x/a'],
  ])('%s does not mean %s', (pattern, object) => {
    expect(matchesObject(pattern, object)).toBe(false);
  });

  it('of a namespace means what is in it, and itself', () => {
    expect(['Pod shop/a', 'Namespace shop', 'Pod other/shop', 'Node shop'].map((object) => matchesNamespace('shop', object))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('a rule of the configuration', () => {
  it('takes away findings of its check, with its reason', () => {
    const others = [finding('PN002', 'Deployment shop/web'), finding('PN001', 'Deployment bank/web')];
    expect(applyIgnores([WEB, ...others], { rules: [rule({ object: 'web', namespace: 'shop' })] })).toEqual({
      findings: others,
      ignored: [{ finding: WEB, reason: 'known' }],
      problems: [],
    });
  });

  it('holds on its last day, and after that only tells that it does not', () => {
    const rules = [rule({ expires: '2026-02-28' })];
    expect(applyIgnores([WEB], { rules, today: '2026-02-28' })).toMatchObject({ findings: [], problems: [] });
    expect(applyIgnores([WEB], { rules, today: '2026-03-01' })).toMatchObject({
      findings: [WEB],
      ignored: [],
      problems: [{ code: 'E_IGNORE_EXPIRED', at: { file: 'c.yaml', line: 7 }, message: expect.stringContaining('2026-02-28') }],
    });
    expect(applyIgnores([], { rules, today: '2026-03-01' }).problems).toHaveLength(1);
  });

  it('knows what day it is', () => {
    expect(applyIgnores([WEB], { rules: [rule({ expires: '2020-01-01' }), rule({ expires: '9999-12-31' })] })).toMatchObject({
      findings: [],
      problems: [{ code: 'E_IGNORE_EXPIRED' }],
    });
  });
});

describe('an annotation', () => {
  const namespace = (text: string): string =>
    `apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, annotations: {postern.dev/ignore: ${JSON.stringify(text)}}}\n---\n`;
  const annotated = (text: string): string =>
    workloadManifest('Deployment', 'shop/web').replace(
      '"name":"web"',
      `"name":"web","annotations":{"postern.dev/ignore":${JSON.stringify(text)}}`,
    );

  it('of a workload holds for it and its pods', async () => {
    const pod = podManifest('shop/web-5d8f9c-a', 'ReplicaSet web-5d8f9c', { 'pod-template-hash': '5d8f9c' });
    const input = await readStdin(annotated('PN001=known; PN002 = all of it') + pod + podManifest('shop/bare'));
    const findings = [
      WEB,
      finding('PN002', 'Pod shop/web-5d8f9c-a'),
      finding('PN003', 'Deployment shop/web'),
      finding('PN001', 'Pod shop/bare'),
    ];
    expect(applyIgnores(findings, { input })).toEqual({
      findings: findings.slice(2),
      ignored: [
        { finding: findings[0], reason: 'known' },
        { finding: findings[1], reason: 'all of it' },
      ],
      problems: [],
    });
  });

  it('of a Namespace holds for all that is in it, and for itself', async () => {
    const input = await readStdin(namespace('PN001=quiet') + workloadManifest('Deployment', 'shop/web'));
    const findings = [WEB, finding('PN001', 'Namespace shop'), finding('PN001', 'Deployment other/web')];
    expect(applyIgnores(findings, { input }).findings).toEqual(findings.slice(2));
  });

  it('of a policy holds for it', async () => {
    const policy =
      'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {namespace: shop, name: p, annotations: {postern.dev/ignore: PN001=x}}\n';
    const input = await readStdin(policy);
    const findings = [finding('PN001', 'NetworkPolicy shop/p'), finding('PN001', 'NetworkPolicy shop/q')];
    expect(applyIgnores(findings, { input }).findings).toEqual(findings.slice(1));
  });

  it.each(['PN001', 'PN001=', '=why', 'PN001 why', 'PN001:why'])('that says %j ignores nothing, and is a problem', async (text) => {
    const input = await readStdin(annotated(text));
    expect(codesOf(input)).toEqual(['E_IGNORE:1']);
    expect(applyIgnores([WEB], { input }).findings).toEqual([WEB]);
  });

  it('that names no check is told', async () => {
    const input = await readStdin(annotated('PN01=why'));
    expect(applyIgnores([WEB], { input, checks: ['PN001'] }).problems).toMatchObject([
      { code: 'E_IGNORE', at: { object: 'Deployment shop/web' }, mend: 'did you mean PN001?' },
    ]);
  });
});
