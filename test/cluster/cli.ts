/** `node test/cluster/cli.ts up [OPTION=VALUE…] | down | kubectl ARGUMENT… | enter NODE COMMAND…`: the test cluster by hand. */

import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { Cluster } from './harness/cluster.ts';
import { DEFAULTS, planCluster } from './harness/plan.ts';
import { enterNamespace } from '../../src/lab/processes/run-command.ts';

const NAME = process.env['POSTERN_CLUSTER'] ?? DEFAULTS.name;
const [command, ...rest] = process.argv.slice(2);

switch (command) {
  case 'up': {
    const begin = performance.now();
    const cluster = await Cluster.up({ name: NAME, ...parseOptions(rest) });
    console.log(
      `${cluster.plan.nodes.length} nodes are ready after ${((performance.now() - begin) / 1000).toFixed(0)} s; kubeconfig: ${cluster.plan.adminKubeconfig}`,
    );
    break;
  }
  case 'down':
    await Cluster.open(NAME).down();
    break;
  case 'kubectl': {
    const { bin, plan } = Cluster.open(NAME);
    run(enterNamespace(plan.controlNetns, [`${bin}/hyper`, 'kubectl', `--kubeconfig=${plan.adminKubeconfig}`, ...rest]));
    break;
  }
  case 'enter': {
    const [node = 'n1', ...argv] = rest;
    run(Cluster.open(NAME).inNode(node, argv.length === 0 ? ['bash'] : argv));
    break;
  }
  case 'load': {
    for (const archive of rest) await Cluster.open(NAME).loadImage(resolve(archive));
    break;
  }
  default:
    console.error(
      `usage: node test/cluster/cli.ts up [${Object.keys(planCluster().options).join('=… ')}=…] | down | kubectl … | enter NODE … | load ARCHIVE`,
    );
    process.exitCode = 2;
}

function parseOptions(words: readonly string[]): Record<string, string | number> {
  return Object.fromEntries(
    words.map((word) => {
      const [key = '', value = ''] = word.split('=');
      return [key, /^\d+$/.test(value) ? Number(value) : value];
    }),
  );
}

function run([file = '', ...args]: readonly string[]): void {
  process.exitCode = spawnSync(file, args, { stdio: 'inherit' }).status ?? 1;
}
