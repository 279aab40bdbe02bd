/** Manifests from files, folders and standard input. */

import { symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readManifests } from '../../src/manifests/read-manifests.ts';
import { formatError } from '../../src/model/error.ts';
import { objectKey } from '../../src/model/objects.ts';
import { podManifest, policyManifest, temporaryFolder } from './temporary-folder.ts';

async function* streamOf(...chunks: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk, 'latin1');
}

const namesOf = async (...paths: readonly string[]) => (await readManifests(paths)).objects.map(objectKey);

describe('a folder', () => {
  it('is read with its subfolders, in the order of names', async () => {
    const folder = temporaryFolder();
    folder.write('b.yml', podManifest('b'));
    folder.write('sub/deep/c.json', '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "c"}}');
    folder.write('a.yaml', podManifest('a'));
    expect(await namesOf(folder.path)).toEqual(['default/a', 'default/b', 'default/c']);
  });

  it.each(['.a.yaml', 'a.yaml~', '.a.yaml.swp', 'a.yaml.swp', '#a.yaml#', 'a.txt', '.git/a.yaml', 'yaml'])(
    'is read without %s',
    async (name) => {
      const folder = temporaryFolder();
      folder.write(name, podManifest('a'));
      expect(await readManifests([folder.path])).toEqual({ objects: [], problems: [], skipped: [], policiesComplete: true });
    },
  );

  it('is read through links, and a link to itself ends', async () => {
    const [folder, other] = [temporaryFolder(), temporaryFolder()];
    other.write('a.yaml', podManifest('a'));
    other.write('b.yaml', podManifest('b'));
    symlinkSync(other.at('a.yaml'), folder.at('linked.yaml'));
    symlinkSync('.', folder.at('self'));
    other.write('sub/c.yaml', podManifest('c'));
    symlinkSync(other.at('sub'), folder.at('folder'));
    const { objects, problems } = await readManifests([folder.path]);
    expect(objects.map(objectKey).toSorted()).toEqual(['default/a', 'default/c']);
    expect(problems).toEqual([]);
  });

  it('with a link to nothing has a problem', async () => {
    const folder = temporaryFolder();
    symlinkSync('nowhere', folder.at('a.yaml'));
    const { problems, policiesComplete } = await readManifests([folder.path]);
    expect(problems).toMatchObject([{ code: 'E_MANIFEST_READ', at: { file: folder.at('a.yaml') } }]);
    expect(policiesComplete).toBe(false);
  });

  it('with one object in two files has a problem that names both', async () => {
    const folder = temporaryFolder();
    folder.write('b.yaml', `# again\n${policyManifest('p', 'podSelector: 2')}`);
    folder.write('a.yaml', policyManifest('p', 'podSelector: 1'));
    const { objects, problems } = await readManifests([folder.path]);
    expect(objects).toMatchObject([{ spec: { podSelector: 1 } }]);
    expect(problems.map(formatError)).toEqual([
      `${folder.at('b.yaml')}:2: NetworkPolicy default/p: it already stands in ${folder.at('a.yaml')}:1; this one is ignored (delete one of the two) [E_MANIFEST_DUPLICATE]`,
    ]);
  });
});

describe('a file', () => {
  it('is read whatever its name is', async () => {
    const folder = temporaryFolder();
    folder.write('.hidden.txt', podManifest('a'));
    expect(await namesOf(folder.at('.hidden.txt'))).toEqual(['default/a']);
  });

  it('that is given twice, and with its folder, counts once', async () => {
    const folder = temporaryFolder();
    folder.write('a.yaml', podManifest('a'));
    const { objects, problems } = await readManifests([folder.at('a.yaml'), folder.path, folder.at('./a.yaml')]);
    expect(objects).toHaveLength(1);
    expect(problems).toEqual([]);
  });

  it('that is not there is a problem', async () => {
    const { problems } = await readManifests(['/nowhere/a.yaml']);
    expect(problems.map(formatError)).toEqual([
      '/nowhere/a.yaml: nothing is there, or a link to nothing; if a NetworkPolicy stands there, it is not read (check the path and its permissions) [E_MANIFEST_READ]',
    ]);
  });

  it('that is not UTF-8 is a problem', async () => {
    const stdin = streamOf('apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {x: "\xff"}}\n');
    const { problems } = await readManifests(['-'], { stdin });
    expect(problems).toMatchObject([{ code: 'E_MANIFEST_SYNTAX', at: { file: '<stdin>' } }]);
  });
});

it('Standard input is read where - is given, in pieces, once', async () => {
  const stdin = streamOf(podManifest('a').slice(0, 20), podManifest('a').slice(20), `---\n${podManifest('b')}`);
  const { objects, problems } = await readManifests(['-', '-'], { stdin });
  expect(objects.map(objectKey)).toEqual(['default/a', 'default/b']);
  expect(problems).toEqual([]);
});
