/** What a cluster is made of: its nodes, addresses, and where its state lies. */

import { join } from 'node:path';

export interface ClusterOptions {
  /** Also the prefix of its network namespaces and the name of its folder. */
  readonly name: string;
  readonly nodes: number;
  readonly proxy: 'iptables' | 'nftables';
  /** How pods are attached: as ports of a bridge, or each by an interface of its own. */
  readonly cni: 'bridge' | 'ptp';
  /** What joins nodes' pods: routes, or a VXLAN overlay as Flannel makes it. */
  readonly fabric: 'routed' | 'vxlan';
  /** Second byte of the pods' addresses, 10.BYTE.0.0/16. */
  readonly podByte: number;
}

export const DEFAULTS: ClusterOptions = {
  name: 'postern-cluster',
  nodes: 2,
  proxy: 'iptables',
  cni: 'bridge',
  fabric: 'routed',
  podByte: 244,
};

export interface NodePlan {
  readonly name: string;
  readonly index: number;
  readonly netns: string;
  readonly address: string;
  readonly address6: string;
  readonly podRange: string;
  readonly podRange6: string;
  /** State that outlives the node's mount namespace: logs, container images. */
  readonly folder: string;
}

export interface ClusterPlan {
  readonly options: ClusterOptions;
  readonly folder: string;
  readonly fabricNetns: string;
  readonly controlNetns: string;
  readonly apiAddress: string;
  readonly apiAddress6: string;
  readonly serviceRange: string;
  readonly serviceRange6: string;
  readonly podRanges: string;
  readonly adminKubeconfig: string;
  readonly nodes: readonly NodePlan[];
}

/** The API server's own Service. */
export const API_SERVICE = '10.96.0.1';

export function planCluster(chosen: Partial<ClusterOptions> = {}): ClusterPlan {
  const options = { ...DEFAULTS, ...chosen };
  const { name, podByte } = options;
  const folder = join('/var/tmp', name);
  const nodes = Array.from({ length: options.nodes }, (_, at) => {
    const index = at + 1;
    return {
      name: `n${index}`,
      index,
      netns: `${name}-n${index}`,
      address: `10.89.0.${10 + index}`,
      address6: `fd00:10:89::${10 + index}`,
      podRange: `10.${podByte}.${index}.0/24`,
      podRange6: `fd00:10:${podByte}:${index}::/64`,
      folder: join(folder, `n${index}`),
    };
  });
  return {
    options,
    folder,
    fabricNetns: `${name}-fabric`,
    controlNetns: `${name}-control`,
    apiAddress: '10.89.0.10',
    apiAddress6: 'fd00:10:89::10',
    serviceRange: '10.96.0.0/16',
    serviceRange6: 'fd00:10:96::/108',
    podRanges: `10.${podByte}.0.0/16,fd00:10:${podByte}::/48`,
    adminKubeconfig: join(folder, 'admin.conf'),
    nodes,
  };
}
