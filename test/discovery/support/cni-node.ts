/** A node in a namespace of its own, whose pods real CNI plugins connect. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NetworkNamespace } from '../../native/support/network-namespace.ts';

const PLUGINS = '/usr/lib/cni';

export class CniNode {
  readonly netns = new NetworkNamespace();
  readonly #folder: string;
  readonly #pods: NetworkNamespace[] = [];

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'postern-test-'));
  }

  /** A namespace with no interface but loopback. */
  addNamespace(): NetworkNamespace {
    const pod = new NetworkNamespace();
    this.#pods.push(pod);
    return pod;
  }

  /** A pod connected by a plugin; returns its addresses in the order in which the plugin gave them. */
  addPod(
    plugin: 'bridge' | 'ptp' | 'macvlan',
    subnets: readonly string[],
    more: object = {},
  ): { pod: NetworkNamespace; addresses: string[] } {
    const pod = this.addNamespace();
    const config = {
      cniVersion: '1.0.0',
      name: `test-${plugin}`,
      type: plugin,
      ...more,
      ipam: { type: 'host-local', dataDir: join(this.#folder, 'ipam'), ranges: subnets.map((subnet) => [{ subnet }]) },
    };
    const printed = execFileSync('nsenter', [`--net=${this.netns.path}`, join(PLUGINS, plugin)], {
      encoding: 'utf8',
      input: JSON.stringify(config),
      env: {
        PATH: process.env['PATH'],
        CNI_COMMAND: 'ADD',
        CNI_CONTAINERID: pod.name,
        CNI_NETNS: pod.path,
        CNI_IFNAME: 'eth0',
        CNI_PATH: PLUGINS,
      },
    });
    const { ips } = JSON.parse(printed) as { ips: { address: string }[] };
    return { pod, addresses: ips.map(({ address }) => address.split('/')[0]!) };
  }

  [Symbol.dispose](): void {
    for (const pod of this.#pods) pod[Symbol.dispose]();
    this.netns[Symbol.dispose]();
    rmSync(this.#folder, { recursive: true });
  }
}
