/** Whatever was done to the folder, what the source told adds up to what a fresh reading finds. */

import { existsSync, readFileSync, renameSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readManifests } from '../../src/manifests/read-manifests.ts';
import type { ClusterObject } from '../../src/model/objects.ts';
import { run } from './run-source.ts';
import { podManifest, policyManifest, temporaryFolder } from './temporary-folder.ts';

const NAMES = ['a.yaml', 'b.yaml', 'sub/c.yaml', 'sub/deep/d.yaml'];
const BROKEN = 'a: [\n';

const file = fc.constantFrom(...NAMES);
const document = fc.oneof(
  fc.tuple(fc.constantFrom('p', 'q', 'r'), fc.nat(2)).map(([name, value]) => podManifest(name, `{v: "${value}"}`)),
  fc.tuple(fc.constantFrom('p', 'q'), fc.nat(2)).map(([name, value]) => policyManifest(name, `podSelector: ${value}`)),
);
const step = fc.oneof(
  fc.record({
    type: fc.constantFrom('write', 'overwrite'),
    file,
    text: fc.array(document, { maxLength: 3 }).map((list) => list.join('---\n')),
  }),
  fc.record({ type: fc.constant('break'), file }),
  fc.record({ type: fc.constant('remove'), file }),
  fc.record({ type: fc.constant('move'), file, to: file }),
  fc.record({ type: fc.constant('look') }),
);

/** Without what differs between two readings of one text. */
const plain = (objects: Iterable<ClusterObject>) =>
  [...objects].map((object) => ({ ...object, locate: undefined })).toSorted((a, b) => (a.kind + a.name < b.kind + b.name ? -1 : 1));

it('after any history, once every file is whole again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const folder = temporaryFolder();
      const { source, objects, stop } = run(folder.path);
      for (const one of steps) {
        if (one.type === 'look') await source.rescan();
        if (!('file' in one)) continue;
        const present = existsSync(folder.at(one.file));
        if ('text' in one) folder[one.type === 'write' ? 'write' : 'overwrite'](one.file, one.text);
        else if (one.type === 'break') folder.write(one.file, BROKEN);
        else if (one.type === 'remove' && present) folder.remove(one.file);
        else if ('to' in one && present && existsSync(folder.at(one.to))) renameSync(folder.at(one.file), folder.at(one.to));
      }
      for (const name of NAMES) {
        if (existsSync(folder.at(name)) && readFileSync(folder.at(name), 'utf8') === BROKEN) folder.write(name, podManifest('mended'));
      }
      await source.rescan();
      const fresh = await readManifests([folder.path]);
      expect(plain(objects())).toEqual(plain(fresh.objects));
      expect(source.healthy).toBe(true);
      await stop();
    }),
    { numRuns: 60 },
  );
});
