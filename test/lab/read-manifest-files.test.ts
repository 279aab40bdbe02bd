/** What a lab takes from the files that it is given. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readManifestFiles } from '../../src/lab/objects/read-manifest-files.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'postern-lab-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

async function write(name: string, lines: readonly string[]): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, lines.join('\n'));
  return path;
}

const POD = ['apiVersion: v1', 'kind: Pod', 'metadata: { name: a, namespace: x }', 'spec: { containers: [] }'];
const POLICY = ['apiVersion: networking.k8s.io/v1', 'kind: NetworkPolicy', 'metadata: { name: p, namespace: x }'];

test('folders are read file by file, lists are opened, and kinds that a lab does not run are named', async () => {
  await write('a.yaml', [...POD, '---', 'apiVersion: apps/v1', 'kind: Deployment', 'metadata: { name: web }']);
  await write('b.json', [
    JSON.stringify({ apiVersion: 'v1', kind: 'PodList', items: [{ metadata: { name: 'b', namespace: 'x' }, spec: { containers: [] } }] }),
  ]);
  await write('notes.txt', ['not a manifest']);
  const { objects, warnings } = await readManifestFiles([dir]);
  expect(objects.map((object) => [object['kind'], (object['metadata'] as { name: string }).name])).toEqual([
    ['Pod', 'a'],
    ['Pod', 'b'],
  ]);
  expect(warnings).toEqual([expect.stringMatching(/a\.yaml:6: Deployment default\/web: a lab does not run this kind$/)]);
});

test('a policy that is wrong is taken all the same, and its fault is told with file and line', async () => {
  const file = await write('p.yaml', [...POLICY, 'spec:', '  podSelector: {}', '  ingress:', '    - ports: [{ port: 70000 }]']);
  const { objects, warnings } = await readManifestFiles([file]);
  expect(objects).toHaveLength(1);
  expect(warnings).toEqual([expect.stringContaining('p.yaml:7: ')]);
  expect(warnings[0]).toContain('isolates its pods and allows nothing');
});

test('what cannot be read is refused, all of it at once', async () => {
  const one = await write('one.yaml', ['kind: [']);
  const two = await write('two.yaml', [...POD, '---', ...POD]);
  await expect(readManifestFiles([one, two])).rejects.toMatchObject({
    code: 'E_LAB_MANIFEST',
    message: expect.stringMatching(/one\.yaml:1.*\n.*two\.yaml:6/),
  });
  await expect(readManifestFiles([join(dir, 'none.yaml')])).rejects.toMatchObject({ code: 'E_LAB_FILE' });
});
