/** A pod's host ports by the real portmap plugin, chained behind the one that has made its interface. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { TalkProtocol } from './proxy-talker-protocol.ts';
import { PLUGINS, type World, type WorldPod } from './world.ts';

const VERSION = '1.0.0';

export interface PortMapping {
  readonly protocol: TalkProtocol;
  readonly hostPort: number;
  readonly containerPort: number;
}

/** They go with the node's namespace. */
export function mapPorts({ node }: World, { netns, v4, v6 }: WorldPod, mappings: readonly PortMapping[]): void {
  const config = {
    cniVersion: VERSION,
    name: 'test',
    type: 'portmap',
    snat: true,
    runtimeConfig: { portMappings: mappings.map(({ protocol, ...ports }) => ({ ...ports, protocol: protocol.toLowerCase() })) },
    prevResult: {
      cniVersion: VERSION,
      interfaces: [{ name: 'eth0', sandbox: netns.path }],
      ips: [`${v4}/24`, `${v6}/64`].map((address) => ({ address, interface: 0 })),
    },
  };
  execFileSync('nsenter', [`--net=${node.path}`, join(PLUGINS, 'portmap')], {
    input: JSON.stringify(config),
    env: {
      PATH: `${process.env['PATH']}:/usr/sbin:/sbin`,
      CNI_COMMAND: 'ADD',
      CNI_CONTAINERID: netns.name,
      CNI_NETNS: netns.path,
      CNI_IFNAME: 'eth0',
      CNI_PATH: PLUGINS,
    },
  });
}
