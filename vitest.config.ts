/** Two groups of tests: pure ones, side by side; then those that use the kernel, one file after the other, since they measure, count and share a machine. */

import { defineConfig } from 'vitest/config';
import { ClosingReporter } from './test/support/reporter.ts';

/** What needs root and BPF: whole folders, and elsewhere files by their name. */
const KERNEL_TESTS = [
  'test/{bpf,discovery,e2e,lab,native}/**/*.test.ts',
  'test/**/{kernel,lab}*.test.ts',
  'test/**/*.{kernel,lab}.test.ts',
];

export default defineConfig({
  test: {
    // Nothing is cached in the tree: under sudo it would be root's afterwards.
    cache: false,
    fsModuleCache: false,
    reporters: ['default', new ClosingReporter()],
    projects: [
      {
        extends: true,
        test: {
          name: 'pure',
          include: ['test/**/*.test.ts'],
          exclude: KERNEL_TESTS,
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'kernel',
          include: KERNEL_TESTS,
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
