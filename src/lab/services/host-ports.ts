/** Host ports of a node's pods, rewritten to the pods as the portmap plugin does. */

import { list, record } from '../objects/raw-object.ts';
import type { LabPod, RawObject } from '../types.ts';
import { ofFamily } from './lab-service.ts';
import type { NftTable } from './nft-table.ts';

export const HOST_PORT_TABLE = 'postern-hostports';

export interface HostPort {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly hostPort: number;
  /** Absent: every address of the node. */
  readonly hostIP?: string;
  readonly containerPort: number;
  readonly pod: LabPod;
}

/** Of one pod; none for a pod on the host's network, whose ports are the host's already. */
export function hostPortsOf(object: RawObject, pod: LabPod): readonly HostPort[] {
  if (pod.hostNetwork) return [];
  return list(record(object['spec'])['containers'])
    .flatMap((container) => list(container['ports']))
    .flatMap(({ hostPort, containerPort, hostIP, protocol }) => {
      if (typeof hostPort !== 'number' || hostPort === 0 || typeof containerPort !== 'number') return [];
      const named = (typeof protocol === 'string' ? protocol : 'TCP').toLowerCase() as HostPort['protocol'];
      const isBound = typeof hostIP === 'string' && hostIP !== '' && hostIP !== '0.0.0.0' && hostIP !== '::';
      return [{ protocol: named, hostPort, containerPort, pod, ...(isBound ? { hostIP } : {}) }];
    });
}

/** Of one node, in one family. Ports bound to an address come first. */
export function hostPortTable(family: 4 | 6, ports: readonly HostPort[]): NftTable {
  const ip = family === 4 ? 'ip' : 'ip6';
  const reachable = ports.flatMap((port) => ofFamily(port.pod.addresses, family).map((address) => ({ port, address })));
  const rewrite = ({ port, address }: (typeof reachable)[number]): string => {
    const place = family === 4 ? `${address}:${port.containerPort}` : `[${address}]:${port.containerPort}`;
    return `meta l4proto ${port.protocol} th dport ${port.hostPort} dnat to ${place}`;
  };
  const bound = reachable.flatMap((entry) =>
    ofFamily([entry.port.hostIP ?? ''], family).map((hostIP) => (hostIP === '' ? [] : [`${ip} daddr ${hostIP} ${rewrite(entry)}`])),
  );
  const free = reachable.filter(({ port }) => port.hostIP === undefined).map(rewrite);
  const addresses = [...new Set(reachable.map(({ address }) => address))];
  const enter = ['jump bound-ports', 'fib daddr type local jump host-ports'];
  return {
    family: ip,
    name: HOST_PORT_TABLE,
    sets: [],
    chains: [
      { name: 'bound-ports', rules: bound.flat() },
      { name: 'host-ports', rules: free },
      { name: 'nat-prerouting', base: 'type nat hook prerouting priority -100', rules: enter },
      { name: 'nat-output', base: 'type nat hook output priority -100', rules: enter },
      {
        name: 'nat-postrouting',
        base: 'type nat hook postrouting priority 100',
        // A pod that reaches itself, and whatever comes from the loopback, would get no answer otherwise.
        rules: addresses.flatMap((address) => [
          `${ip} saddr ${address} ${ip} daddr ${address} masquerade`,
          ...(family === 4 ? [`ip saddr 127.0.0.1 ip daddr ${address} masquerade`] : []),
        ]),
      },
    ],
  };
}
