/** Another build of the agent: a copy of the tree with a few words changed, and its BPF object compiled anew. */

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TREE = fileURLToPath(new URL('../../../', import.meta.url));
const COPIED = ['src', 'bpf', 'dist/bpf', 'package.json'];
/** As they are. */
const LINKED = ['native', 'build', 'node_modules'];

export interface Change {
  /** Below the root of the tree. */
  readonly file: string;
  /** Must stand there. */
  readonly from: string;
  readonly to: string;
}

/** A row's stamp is refreshed more often: nothing that anyone sees, but other machine code. */
export const OTHER_PROGRAMS: Change = { file: 'bpf/conntrack.h', from: '#define REFRESH_JIFFIES 256', to: '#define REFRESH_JIFFIES 128' };

/** A build whose conntrack rows mean something else. */
export const OTHER_LAYOUT: Change = {
  file: 'src/datapath/layout.ts',
  from: 'export const CONNTRACK_LAYOUT = ',
  to: 'export const CONNTRACK_LAYOUT = 1_000 + ',
};

export class OtherBuild {
  readonly #folder = mkdtempSync(join(tmpdir(), 'postern-test-'));

  constructor(...changes: readonly Change[]) {
    for (const name of COPIED) cpSync(join(TREE, name), join(this.#folder, name), { recursive: true });
    for (const name of LINKED) symlinkSync(join(TREE, name), join(this.#folder, name));
    for (const { file, from, to } of changes) {
      const path = join(this.#folder, file);
      const before = readFileSync(path, 'utf8');
      if (!before.includes(from)) throw new Error(`"${from}" does not stand in ${file}`);
      writeFileSync(path, before.replace(from, to));
    }
    if (changes.some(({ file }) => file.startsWith('bpf/'))) this.#compile();
  }

  /** What runs, in place of src/main.ts. */
  get main(): string {
    return join(this.#folder, 'src', 'main.ts');
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** As scripts/build-bpf.sh does. */
  #compile(): void {
    const machine = execFileSync('uname', ['-m'], { encoding: 'utf8' }).trim();
    const target = machine === 'x86_64' ? 'x86' : machine === 'aarch64' ? 'arm64' : machine;
    const flags = ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', `-D__TARGET_ARCH_${target}`, '-isystem', `/usr/include/${machine}-linux-gnu`];
    const object = join(this.#folder, 'dist', 'bpf', 'policy.bpf.o');
    execFileSync('clang', [...flags, '-c', 'bpf/policy.bpf.c', '-o', object], { cwd: this.#folder });
  }
}
