/** Tests on a real cluster, one file after the other: `smoke` is what every change is tried with, `whole` is everything. */

import { defineConfig } from 'vitest/config';
import { ClosingReporter } from '../support/reporter.ts';

const MINUTE_MS = 60_000;
const shared = {
  globalSetup: 'test/cluster/setup.ts',
  fileParallelism: false,
  testTimeout: 3 * MINUTE_MS,
  hookTimeout: 3 * MINUTE_MS,
};

export default defineConfig({
  root: '.',
  test: {
    cache: false,
    fsModuleCache: false,
    reporters: ['default', new ClosingReporter({ provesRows: false })],
    projects: [
      { test: { ...shared, name: 'smoke', include: ['test/cluster/cases/*.smoke.ts'] } },
      {
        test: {
          ...shared,
          name: 'whole',
          include: ['test/cluster/cases/*.{smoke,whole}.ts'],
          exclude: ['test/cluster/cases/{upstream,data-cases}.smoke.ts'],
        },
      },
    ],
  },
});
