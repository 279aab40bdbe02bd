/** What a test needs of the machine, and why it is left out where that is not to be had. */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import type { TestOptions } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Why the test is left out; the reporter prints it. */
    leftOut?: string;
  }
}

/** Bits of a capability set (linux/capability.h) without one of which the datapath and the lab cannot work. */
const CAPABILITIES = [
  [12, 'CAP_NET_ADMIN'],
  [21, 'CAP_SYS_ADMIN'],
] as const;

function findKernelObstacle(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  const held = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`);
  const lacking = CAPABILITIES.find(([bit]) => ((held >> BigInt(bit)) & 1n) === 0n);
  if (lacking !== undefined) return `needs ${lacking[1]}`;
  // The file stands where the kernel was built with the bpf() call.
  if (!existsSync('/proc/sys/kernel/bpf_stats_enabled')) return 'needs a kernel with BPF';
  if (spawnSync('unshare', ['--net', 'true']).status !== 0) return 'needs network namespaces';
  return undefined;
}

/** Why tests that use the kernel cannot run here; undefined where they can. */
export const kernelObstacle: string | undefined = findKernelObstacle();

/** Options of a `describe` or `it`: runs where the kernel is to be had, else is left out with the reason. In CI that is a failure. */
export const needsKernel: TestOptions = leaveOutIf(kernelObstacle);

/** Options of a `describe` or `it` that is left out for a reason, and runs where there is none. */
export function leaveOutIf(reason: string | undefined): TestOptions {
  return reason === undefined ? {} : { skip: true, meta: { leftOut: reason } };
}
