/** Folders on the way to a file. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../../src/cli/make-folder.ts';
import { temporaryFolder } from '../manifests/temporary-folder.ts';

describe('a folder is made', () => {
  it('with those around it, and once more does no harm', () => {
    const path = temporaryFolder().at(join('a', 'b', 'c'));
    makeFolder(path);
    makeFolder(path);
    expect(existsSync(path)).toBe(true);
  });

  it('or it fails, also below a folder that takes none', () => {
    const folder = temporaryFolder();
    folder.write('file', '');
    expect(() => makeFolder(folder.at(join('file', 'a')))).toThrow('ENOTDIR');
    if (process.platform === 'linux') expect(() => makeFolder('/proc/none/a')).toThrow('ENOENT');
  });
});
