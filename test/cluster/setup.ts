/** Before all tests: the image, a cluster, and the agent deployed to it by the project's own manifest. After them the cluster goes. */

import { execFileSync } from 'node:child_process';
import type { TestProject } from 'vitest/node';
import { Cluster } from './harness/cluster.ts';
import { type ClusterOptions, DEFAULTS } from './harness/plan.ts';

declare module 'vitest' {
  interface ProvidedContext {
    clusterName: string;
  }
}

const IMAGE = 'build/image/postern.tar';

/** POSTERN_CLUSTER_OPTIONS: e.g. `proxy=nftables cni=ptp fabric=vxlan`. POSTERN_CLUSTER_KEEP: leave it up afterwards. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  execFileSync('sh', ['scripts/build-image.sh'], { stdio: 'inherit' });
  const cluster = await Cluster.up(readOptions(process.env['POSTERN_CLUSTER_OPTIONS'] ?? ''));
  await cluster.loadImage(`${process.cwd()}/${IMAGE}`);
  await cluster.deployAgent();
  project.provide('clusterName', cluster.plan.options.name);
  return async () => {
    if (process.env['POSTERN_CLUSTER_KEEP'] === undefined) await cluster.down();
  };
}

function readOptions(text: string): Partial<ClusterOptions> {
  const given = text.split(' ').filter((word) => word !== '');
  const options: Record<string, string | number> = {};
  for (const word of given) {
    const [key = '', value = ''] = word.split('=');
    if (!(key in DEFAULTS)) throw new Error(`POSTERN_CLUSTER_OPTIONS: there is no "${key}", only ${Object.keys(DEFAULTS).join(', ')}`);
    options[key] = /^\d+$/.test(value) ? Number(value) : value;
  }
  return options;
}
