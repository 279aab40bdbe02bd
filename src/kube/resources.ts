/** The resources of the API that Postern lists and watches, across all namespaces. */

import type { ClusterKind } from '../model/objects.ts';

/** All that listing asks for. */
export interface ListedResource {
  readonly apiVersion: string;
  /** Below the server's address. */
  readonly path: string;
  /** As RBAC rules name it. */
  readonly name: string;
  readonly group: string;
}

export interface Resource extends ListedResource {
  readonly kind: ClusterKind;
}

const NETWORKING = 'networking.k8s.io';
const DISCOVERY = 'discovery.k8s.io';

export const RESOURCES: readonly Resource[] = [
  core('Namespace', 'namespaces'),
  core('Node', 'nodes'),
  core('Service', 'services'),
  {
    kind: 'EndpointSlice',
    apiVersion: `${DISCOVERY}/v1`,
    path: `/apis/${DISCOVERY}/v1/endpointslices`,
    name: 'endpointslices',
    group: DISCOVERY,
  },
  {
    kind: 'NetworkPolicy',
    apiVersion: `${NETWORKING}/v1`,
    path: `/apis/${NETWORKING}/v1/networkpolicies`,
    name: 'networkpolicies',
    group: NETWORKING,
  },
  core('Pod', 'pods'),
];

function core(kind: ClusterKind, name: string): Resource {
  return { kind, apiVersion: 'v1', path: `/api/v1/${name}`, name, group: '' };
}
