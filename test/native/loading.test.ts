/** The module itself: its exports, loading on other versions of Node and in workers, and what it says where it cannot be loaded. */

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { obstacle } from './support/kernel-access.ts';

const native = fileURLToPath(new URL('../../native', import.meta.url));
const PRINT_CPUS =
  'import(process.argv[1]).then((native) => console.log(native.possibleCpus()), (error) => console.log(error.code, error.message))';

describe('the addon', () => {
  it.skipIf(obstacle !== undefined)('exports what its types promise, and nothing else', async () => {
    const promised = [...readFileSync(join(native, 'index.d.ts'), 'utf8').matchAll(/^export function (\w+)/gm)].map((match) =>
      String(match[1]),
    );
    const loaded = await import('../../native/index.js');
    expect(Object.keys(loaded).toSorted()).toEqual(promised.toSorted());
    expect(Object.values(loaded).every((value) => typeof value === 'function')).toBe(true);
  });

  it('says how to build it where it cannot be loaded', () => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-test-'));
    try {
      cpSync(join(native, 'index.js'), join(folder, 'native/index.js'));
      cpSync(join(native, '../package.json'), join(folder, 'package.json'));
      symlinkSync(join(native, '../node_modules'), join(folder, 'node_modules'));
      const printed = execFileSync(process.execPath, ['-e', PRINT_CPUS, join(folder, 'native/index.js')], { encoding: 'utf8' });
      expect(printed).toMatch(/^E_ADDON .*Build it with "npm run build"/s);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.skipIf(obstacle !== undefined || !existsSync('/usr/bin/node'))("loads on the machine's own Node, whatever its version", () => {
    expect(execFileSync('/usr/bin/node', ['-e', PRINT_CPUS, join(native, 'index.js')], { encoding: 'utf8' })).toMatch(/^\d+\n$/);
  });
});
