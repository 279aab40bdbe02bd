/** Compiles a C source of these tests into a BPF object. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The ELF of `test/native/<name>.bpf.c`. Throws where clang refuses it. */
export function compileObject(name: string): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'postern-test-'));
  try {
    const source = fileURLToPath(new URL(`../${name}.bpf.c`, import.meta.url));
    const object = join(folder, `${name}.o`);
    // asm/types.h lies under a folder of the machine's own name, which clang does not search for the bpf target.
    const headers = execFileSync('cc', ['-print-multiarch'], { encoding: 'utf8' }).trim();
    const flags = ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', `-I/usr/include/${headers}`];
    execFileSync('clang', [...flags, '-c', source, '-o', object]);
    return readFileSync(object);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
