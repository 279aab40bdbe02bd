/** Two groups of tests: pure ones; then those that use the kernel, whose files have namespaces and labs of their own and spend most of their time waiting. */

import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';
import { ClosingReporter } from './test/support/reporter.ts';

/** What needs root and BPF: whole folders, and elsewhere files by their name. */
const KERNEL_TESTS = ['test/{bpf,discovery,e2e,lab,native}/**/*.test.ts', 'test/datapath/kernel.test.ts', 'test/**/*.{kernel,lab}.test.ts'];

/** More would let packets wait for a processor for so long that probes give up. */
const KERNEL_FILES_AT_ONCE = 2;

export default defineConfig({
  test: {
    // Nothing is cached in the tree: under sudo it would be root's afterwards.
    cache: false,
    fsModuleCache: false,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', new ClosingReporter()],
    projects: [
      {
        extends: true,
        test: {
          name: 'pure',
          include: ['test/**/*.test.ts'],
          exclude: KERNEL_TESTS,
          maxWorkers: availableParallelism(),
          hookTimeout: 60_000,
          testTimeout: 240_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'kernel',
          include: KERNEL_TESTS,
          maxWorkers: KERNEL_FILES_AT_ONCE,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
