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
      // Their stranger and their nodes' addresses belong to the network that the harness builds.
      'test/cluster/cases/data-cases.{smoke,whole}.ts',
      'test/cluster/cases/services.whole.ts',
      // The whole suite runs.
      'test/cluster/cases/upstream.smoke.ts',
    ],
  },
});
