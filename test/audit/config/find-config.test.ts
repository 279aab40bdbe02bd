/** Where the configuration is looked for. */

import { describe, expect, it } from 'vitest';
import { findConfig } from '../../../src/audit/config/find-config.ts';
import { temporaryFolder } from '../../manifests/temporary-folder.ts';

describe('the configuration', () => {
  it('is the nearest one upwards', () => {
    const folder = temporaryFolder();
    folder.write('.postern.yaml', 'severities: {PN001: off}\n');
    folder.write('a/b/c.txt', '');
    expect(findConfig({ from: folder.at('a/b') })).toMatchObject({
      file: folder.at('.postern.yaml'),
      config: { severities: { PN001: 'off' } },
      problems: [],
    });
    folder.write('a/.postern.yaml', 'severities: {PN001: note}\n');
    expect(findConfig({ from: folder.at('a/b') }).file).toBe(folder.at('a/.postern.yaml'));
  });

  it('is the file that is named, whatever its name', () => {
    const folder = temporaryFolder();
    folder.write('.postern.yaml', 'severities: {PN001: off}\n');
    folder.write('other.yml', 'wrong: 1\n');
    expect(findConfig({ file: folder.at('other.yml'), from: folder.path })).toMatchObject({
      file: folder.at('other.yml'),
      problems: [{ code: 'E_CONFIG', at: { file: folder.at('other.yml'), line: 1 } }],
    });
  });

  it('that is named and not there is an error', () => {
    const file = temporaryFolder().at('none.yaml');
    expect(() => findConfig({ file })).toThrow(expect.objectContaining({ code: 'E_CONFIG', at: { file } }));
  });
});
