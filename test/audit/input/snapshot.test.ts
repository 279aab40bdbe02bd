/** A snapshot says what its input said, and nothing more. */

import { describe, expect, it } from 'vitest';
import type { AuditInput } from '../../../src/audit/input/audit-input.ts';
import { readAuditInput } from '../../../src/audit/input/read-audit-input.ts';
import { runChecks } from '../../../src/audit/run-checks.ts';
import { writeSnapshot } from '../../../src/audit/input/write-snapshot.ts';
import { temporaryFolder } from '../../manifests/temporary-folder.ts';
import { EVERYTHING, HASH, SECRET } from './everything.ts';
import { codesOf, podManifest, readStdin, workloadManifest } from './input-support.ts';

/** Without functions, which are asked apart. */
function plain(input: AuditInput): unknown {
  const problems = input.problems.map(({ code, message, at, mend }) => ({ code, message, at, mend }));
  const objects = input.objects.map(({ object, at }) => ({ at, object: { ...object, locate: undefined } }));
  return { ...input, problems, objects, routes: input.routes.map((route) => ({ ...route, locate: undefined })) };
}

describe('a snapshot', () => {
  it('reads as what it was taken of', async () => {
    const input = await readStdin(EVERYTHING);
    expect(codesOf(input)).toEqual([expect.stringContaining('E_OBJECT_FIELD')]);
    expect(input.ignores).toHaveLength(4);
    const again = await readStdin(writeSnapshot(input));
    expect(plain(again)).toEqual(plain(input));
    expect(writeSnapshot(again)).toBe(writeSnapshot(input));
  });

  it('of a cluster is as whole as the cluster', async () => {
    const input = await readStdin(EVERYTHING);
    const cluster = { ...input, name: 'the cluster prod', whole: true, missing: [{ kind: 'Node', reason: 'they may not be listed' }] };
    expect(await readStdin(writeSnapshot(cluster))).toMatchObject({ name: 'the cluster prod', whole: true, missing: cluster.missing });
  });

  it('still tells what was not read: policies of other APIs, and what may make pods', async () => {
    const others = ['CiliumNetworkPolicy', 'Prometheus', 'Prometheus'].map(
      (kind, index) => `apiVersion: example.com/v1\nkind: ${kind}\nmetadata: {name: a${index}}\n---\n`,
    );
    const input = await readStdin(`${others.join('')}${workloadManifest('Deployment', 'shop/web')}`);
    const again = await readStdin(writeSnapshot(input));
    expect(again.passedOver).toEqual({ documents: 0, kinds: { CiliumNetworkPolicy: 1, Prometheus: 2 } });
    expect(runChecks(again).findings).toEqual(runChecks(input).findings);
  });

  it('still tells where its policies stood', async () => {
    const { objects } = await readStdin(writeSnapshot(await readStdin(EVERYTHING)));
    const policy = objects.find(({ object }) => object.kind === 'NetworkPolicy')!;
    expect(policy.at).toMatchObject({ file: '<stdin>', line: expect.any(Number), object: 'NetworkPolicy shop/p' });
    expect(policy.object.kind === 'NetworkPolicy' && policy.object.locate?.('spec.ingress[0]')).toEqual({
      ...policy.at,
      field: 'spec.ingress[0]',
    });
  });

  it('holds no images, no environment and no annotations of others', async () => {
    const text = writeSnapshot(await readStdin(EVERYTHING));
    for (const word of [SECRET, 'image', 'env', 'other.example']) expect(text).not.toContain(word);
  });

  it('of a problem whose field looks like a template is none', async () => {
    const input = await readStdin(
      JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { '{{': null } } }),
    );
    expect(codesOf(input)).toEqual(['E_OBJECT_FIELD:1']);
    const again = await readStdin(writeSnapshot(input));
    expect(plain(again)).toEqual(plain(input));
  });

  it('is read among other files, whose pods join its workloads', async () => {
    const folder = temporaryFolder();
    folder.write('snapshot.json', writeSnapshot(await readStdin(workloadManifest('Deployment', 'shop/web'))));
    folder.write('pods.yaml', podManifest('shop/web-5d8f9c-a', 'ReplicaSet web-5d8f9c', HASH));
    const input = await readAuditInput([folder.path]);
    expect(input.workloads).toMatchObject([{ kind: 'Deployment', pods: [{ name: 'web-5d8f9c-a' }] }]);
    expect([input.name, input.whole]).toEqual([folder.path, false]);
  });

  it.each([
    ['of another version', (text: string) => text.replace('postern.dev/v1', 'postern.dev/v9'), 'E_OBJECT_VERSION'],
    ['with an item of another kind', (text: string) => text.replaceAll('"Deployment"', '"Secret"'), 'E_OBJECT_FIELD'],
    ['with an item that is wrong', (text: string) => text.replace('"name":"web"', '"name":7'), 'E_OBJECT_FIELD'],
    ['that was cut', (text: string) => text.slice(0, -5), 'E_MANIFEST_SYNTAX'],
  ])('%s is a problem', async (_how, spoil, code) => {
    const text = writeSnapshot(await readStdin(workloadManifest('Deployment', 'shop/web')));
    const input = await readStdin(spoil(text));
    expect(input.problems).toMatchObject([{ code, at: { file: '<stdin>', line: expect.any(Number) } }]);
    expect(input.workloads).toEqual([]);
  });
});
