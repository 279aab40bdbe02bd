/** What the arguments of an audit mean: files, folders, patterns, standard input; and what stands beside manifests there. */

import { symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readAuditInput } from '../../../src/audit/input/read-audit-input.ts';
import { objectKey } from '../../../src/model/objects.ts';
import { podManifest, policyManifest, temporaryFolder } from '../../manifests/temporary-folder.ts';
import { codesOf, problemsOf, readFile, readFolder, readStdin, workloadManifest } from './input-support.ts';

const VALUES = 'replicaCount: 3\nimage:\n  tag: v1\n';
const TEMPLATE = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "shop.fullname" . }}
spec:
  replicas: {{ .Values.replicas }}
`;

describe('paths', () => {
  it('are folders with their subfolders, and files; what is meant twice is read once', async () => {
    const folder = temporaryFolder();
    folder.write('a.yaml', podManifest('a'));
    folder.write('sub/b.yaml', podManifest('b'));
    folder.write('node_modules/x/c.yaml', podManifest('c'));
    const { objects, name, whole } = await readAuditInput([folder.path, folder.at('a.yaml')]);
    expect(objects.map(({ object }) => objectKey(object))).toEqual(['default/a', 'default/b']);
    expect(name).toBe(`${folder.path}, ${folder.at('a.yaml')}`);
    expect(whole).toBe(false);
  });

  it('are patterns that no shell has expanded', async () => {
    const folder = temporaryFolder();
    for (const name of ['a.yaml', 'b.yaml', 'deep/er/c.yaml', 'notes1.md']) folder.write(name, podManifest(name.at(-6) ?? ''));
    const namesOf = async (pattern: string) =>
      (await readAuditInput([folder.at(pattern)])).objects.map(({ object }) => object.name).toSorted();
    expect(await namesOf('*.yaml')).toEqual(['a', 'b']);
    expect(await namesOf('**/*.yaml')).toEqual(['a', 'b', 'c']);
    expect(await namesOf('{a,b}.yaml')).toEqual(['a', 'b']);
    expect(await namesOf('*')).toEqual(['a', 'b', 'c']);
  });

  it('are the names of files first, whatever letters are in them', async () => {
    const folder = temporaryFolder();
    folder.write('a[1].yaml', podManifest('a'));
    expect((await readAuditInput([folder.at('a[1].yaml')])).objects).toHaveLength(1);
  });

  it.each(['nothing.yaml', '*.yaml', 'none/*'])('that lead to nothing (%s) are a problem', async (name) => {
    const input = await readAuditInput([temporaryFolder().at(name)]);
    expect(input.problems).toMatchObject([{ code: 'E_MANIFEST_READ' }]);
    expect(input.missing.map(({ kind }) => kind)).toContain('NetworkPolicy');
  });

  it('with links to nothing are a problem only where a manifest would be', async () => {
    const folder = temporaryFolder();
    symlinkSync('/nowhere', folder.at('program'));
    expect((await readAuditInput([folder.path])).problems).toEqual([]);
    symlinkSync('/nowhere', folder.at('a.yaml'));
    expect(codesOf(await readAuditInput([folder.path]))).toEqual(['E_MANIFEST_READ:']);
  });

  it('are standard input where they are "-"', async () => {
    const { objects, name } = await readStdin(podManifest('a'));
    expect(objects).toMatchObject([{ object: { name: 'a' }, at: { file: '<stdin>', line: 1, column: 1, object: 'Pod default/a' } }]);
    expect(name).toBe('standard input');
  });
});

describe('objects', () => {
  it('that name no namespace are in the one that is given, and those that do are not', async () => {
    const text = `${podManifest('a')}---\n${workloadManifest('Deployment', 'other/b')}${policyManifest('p')}`;
    const { objects, workloads } = await readStdin(`${text}---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n`, {
      namespace: 'shop',
    });
    expect(objects.map(({ at }) => at.object)).toEqual(['Pod shop/a', 'NetworkPolicy shop/p', 'Namespace shop']);
    expect(workloads.map(({ at }) => at.object)).toEqual(['Deployment other/b', 'Pod shop/a']);
  });

  it('have the places of their fields', async () => {
    const { objects } = await readFile('a.yaml', `# first\n---\n${policyManifest('p', 'ingress: [{}]')}`);
    const [{ object }] = objects as [(typeof objects)[number]];
    expect(object.kind === 'NetworkPolicy' && object.locate?.('spec.ingress[0]')).toMatchObject({
      line: 8,
      column: 13,
      object: 'NetworkPolicy default/p',
      field: 'spec.ingress[0]',
    });
  });

  it('that are said twice alike are one, and otherwise a problem', async () => {
    const policies = (spec: string) => ({ 'a.yaml': policyManifest('p', spec), 'b.yaml': policyManifest('p', 'podSelector: {}') });
    const alike = await readFolder(policies('podSelector: {}'));
    expect([alike.objects.length, alike.problems]).toEqual([1, []]);
    const other = await readFolder(policies('podSelector: {matchLabels: {a: b}}'));
    expect([other.objects.length, codesOf(other)]).toEqual([1, ['E_MANIFEST_DUPLICATE:1']]);
    expect(other.problems[0]!.mend).toContain('kubectl kustomize');
  });

  it('of kinds that no policy has to do with are counted', async () => {
    const input = await readStdin('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {text: "{{ $labels.pod }}"}\n');
    expect([input.problems, input.passedOver]).toEqual([[], { documents: 0, kinds: { ConfigMap: 1 } }]);
  });
});

describe('a folder', () => {
  it.each([
    ['values.yaml', VALUES],
    ['Chart.yaml', 'apiVersion: v2\nname: shop\nversion: 1.0.0\n'],
    ['mkdocs.yml', 'plugins: !!python/name:x\n'],
    ['tsconfig.json', '{\n  // a comment\n  "strict": true,\n}\n'],
    ['broken.yaml', 'a: [\n'],
    ['list.yaml', '- one\n- two\n'],
    ['scalar.json', '7'],
    ['picture.yaml', '\u0000\u0001\u0002'],
  ])('may hold %s: it is passed over, and given by name it is a problem', async (name, text) => {
    const input = await readFolder({ [name]: text, 'a.yaml': podManifest('a') });
    expect([input.problems, input.objects.length, input.passedOver?.documents]).toEqual([[], 1, 1]);
    expect(input.missing).toEqual([]);
    expect((await readFile(name, text)).problems).toHaveLength(1);
  });

  it('may hold a piece that kustomize lays over a workload', async () => {
    const patch = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n';
    const input = await readFolder({ 'patch.yaml': patch });
    expect([input.problems, input.workloads, input.passedOver?.documents]).toEqual([[], [], 1]);
    expect(codesOf(await readFile('patch.yaml', patch))).toEqual(['E_OBJECT_PARTIAL:1']);
  });

  it.each([
    ['a piece without labels', 'spec: { containers: [{ name: c, image: example/c }] }', 0],
    ['a piece without images', 'metadata: { labels: { app: c } }, spec: { containers: [{ name: c, env: [] }] }', 0],
    ['a whole one with labels and images', 'metadata: { labels: { app: c } }, spec: { containers: [{ name: c, image: example/c }] }', 1],
    ['a whole one that restarts', 'spec: { restartPolicy: Never, containers: [{ name: c }] }', 1],
  ])('knows of a CronJob %s', async (_what, template, workloads) => {
    const job = `apiVersion: batch/v1\nkind: CronJob\nmetadata: { name: c }\nspec: { jobTemplate: { spec: { template: { ${template} } } } }\n`;
    expect((await readFolder({ 'job.yaml': job })).workloads).toHaveLength(workloads);
  });

  it('may hold a kustomization', async () => {
    const text = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n';
    const input = await readFolder({ 'kustomization.yaml': text });
    expect([input.problems, input.passedOver?.kinds]).toEqual([[], { Kustomization: 1 }]);
  });

  it('with a broken manifest of a kind that is not read has none', async () => {
    const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {}\ndata: {}\n';
    expect((await readFolder({ 'a.yaml': secret, 'b.yaml': podManifest('b') })).problems).toEqual([]);
    expect(codesOf(await readFile('a.yaml', secret))).toEqual(['E_MANIFEST_SYNTAX:5']);
  });

  it('with a broken manifest of another kind than a policy still has all policies', async () => {
    const input = await readFolder({ 'a.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: [\n', 'b.yaml': podManifest('b') });
    expect(codesOf(input)).toEqual(['E_MANIFEST_SYNTAX:4']);
    expect([input.missing, input.problems[0]!.message.includes('NetworkPolicy')]).toEqual([[], false]);
  });

  it('with a manifest that cannot be parsed has a problem', async () => {
    const input = await readFolder({ 'a.yaml': 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: [\n' });
    expect(codesOf(input)).toEqual(['E_MANIFEST_SYNTAX:4']);
    expect(input.missing.map(({ kind }) => kind)).toContain('NetworkPolicy');
  });
});

describe('a template that is not rendered', () => {
  it.each([
    ['that is no YAML', TEMPLATE],
    ['with quoted names', 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: "{{ .Release.Name }}"\n'],
    ['with quoted labels', 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels: {app: "{{ .Chart.Name }}"}\n'],
    [
      'with statements',
      '{{- if .Values.enabled }}\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n{{- end }}\n',
    ],
  ])('%s is one problem, which says what to do', async (_what, text) => {
    const input = await readFolder({ 'templates/a.yaml': `${text}---\n${text}`, 'values.yaml': VALUES });
    expect(input.problems.map(({ code }) => code)).toEqual(['E_MANIFEST_TEMPLATE']);
    expect(problemsOf(input)[0]).toMatch(
      /^a\.yaml:\d: a template that is not rendered, and 1 more in this file.*helm template CHART \| postern audit -/,
    );
    expect([input.objects, input.workloads]).toEqual([[], []]);
  });

  it('of a kind that no policy has to do with is passed over', async () => {
    const input = await readFolder({ 'a.yaml': TEMPLATE.replace('Deployment', 'ConfigMap').replace('apps/v1', 'v1') });
    expect([input.problems, input.passedOver?.documents]).toEqual([[], 1]);
  });

  it('is not what only carries such text', async () => {
    const args = { template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ args: ['{{ x }}'] }] } } };
    const input = await readFolder({ 'a.yaml': workloadManifest('Deployment', 'shop/a', args) });
    expect([input.problems, input.workloads.length]).toEqual([[], 1]);
  });

  it('of a policy leaves the answer incomplete', async () => {
    const input = await readFolder({ 'a.yaml': TEMPLATE.replace('Deployment', 'NetworkPolicy') });
    expect(input.missing.map(({ kind }) => kind)).toContain('NetworkPolicy');
  });
});
