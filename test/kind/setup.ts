/** Before all tests: the name of the cluster that adopt.ts wrote down. It stays up. */

import type { TestProject } from 'vitest/node';

/** POSTERN_CLUSTER: another name. */
export function setup(project: TestProject): void {
  project.provide('clusterName', process.env['POSTERN_CLUSTER'] ?? 'postern-kind');
}
