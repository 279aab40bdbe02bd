/** Compiles and loads the driver, the anchor and the base programs. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as native from '../../native/index.js';

export function loadDriver(): native.LoadedObject {
  const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
  const output = join(folder, 'driver.bpf.o');
  const machine = process.arch === 'x64' ? 'x86_64' : 'aarch64';
  const source = fileURLToPath(new URL('driver.bpf.c', import.meta.url));
  execFileSync('clang', ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', `-I/usr/include/${machine}-linux-gnu`, '-c', source, '-o', output]);
  const driver = native.loadObject(readFileSync(output), { name: 'driver' });
  rmSync(folder, { recursive: true });
  return driver;
}
