/** The tests of test/cluster on a cluster that is up already and has been adopted: by default kind's. */

import { defineConfig } from 'vitest/config';
import { ClosingReporter } from '../support/reporter.ts';

const MINUTE_MS = 60_000;

export default defineConfig({
  root: '.',
  test: {
    cache: false,
    fsModuleCache: false,
    reporters: ['default', new ClosingReporter({ provesRows: false })],
    globalSetup: 'test/kind/setup.ts',
    fileParallelism: false,
    testTimeout: 3 * MINUTE_MS,
    hookTimeout: 3 * MINUTE_MS,
    include: ['test/cluster/cases/*.{smoke,whole}.ts'],
    exclude: [
      // Its API server is not ours to stop.
      'test/cluster/cases/api-loss.whole.ts',
      // The whole suite runs.
      'test/cluster/cases/upstream.smoke.ts',
    ],
  },
});
