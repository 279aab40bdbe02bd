/** The resources of the API that an audit lists, once. */

import { isRecord, listAt, textAt, type JsonRecord } from '../model/decode/fields.ts';
import { GATEWAY_GROUP, GATEWAY_ROUTES } from '../audit/input/decode-route.ts';
import { messageOf, parseRecord } from '../kube/api-object.ts';
import { refusal } from '../kube/api-error.ts';
import type { ApiServer } from '../kube/api-server.ts';
import { readWhole } from '../kube/read-body.ts';
import type { ListedResource } from '../kube/resources.ts';

export interface ClusterResource extends ListedResource {
  readonly kind: string;
  readonly isNamespaced: boolean;
}

/** ReplicaSets are not among them: there are ten times as many as Deployments, and the names of pods tell what they would. */
export const CLUSTER_RESOURCES: readonly ClusterResource[] = [
  clusterWide('Namespace', 'namespaces'),
  clusterWide('Node', 'nodes'),
  namespaced('NetworkPolicy', 'networkpolicies', 'networking.k8s.io/v1'),
  namespaced('Deployment', 'deployments', 'apps/v1'),
  namespaced('StatefulSet', 'statefulsets', 'apps/v1'),
  namespaced('DaemonSet', 'daemonsets', 'apps/v1'),
  namespaced('ReplicationController', 'replicationcontrollers', 'v1'),
  namespaced('Job', 'jobs', 'batch/v1'),
  namespaced('CronJob', 'cronjobs', 'batch/v1'),
  namespaced('Pod', 'pods', 'v1'),
  namespaced('Service', 'services', 'v1'),
  namespaced('EndpointSlice', 'endpointslices', 'discovery.k8s.io/v1'),
  namespaced('Ingress', 'ingresses', 'networking.k8s.io/v1'),
];

/** Of one namespace alone. */
export function inNamespace(resource: ClusterResource, namespace: string): ClusterResource {
  const root = resource.path.slice(0, -resource.name.length);
  return { ...resource, path: `${root}namespaces/${namespace}/${resource.name}` };
}

const LARGEST_ANSWER = 16 << 20;
const IDLE_MS = 30_000;

/** Those routes of the Gateway API that the server has, each in the newest version that it offers; none where it has no Gateway API. */
export async function findGatewayRoutes(server: ApiServer, signal: AbortSignal): Promise<readonly ClusterResource[]> {
  const group = await ask(server, `/apis/${GATEWAY_GROUP}`, signal);
  if (group === undefined) return [];
  const versions = listAt(group, 'versions', 'versions').filter(isRecord);
  const found = new Map<string, ClusterResource>();
  for (const entry of versions) {
    // Best first, as the server lists them.
    const version = textAt(entry, 'groupVersion', 'groupVersion') ?? '';
    const list = await ask(server, `/apis/${version}`, signal);
    for (const resource of list === undefined ? [] : listAt(list, 'resources', 'resources').filter(isRecord)) {
      const kind = textAt(resource, 'kind', 'kind') ?? '';
      const name = textAt(resource, 'name', 'name') ?? '';
      // `httproutes/status` is of the same kind.
      if (GATEWAY_ROUTES.includes(kind) && !name.includes('/') && !found.has(kind)) found.set(kind, namespaced(kind, name, version));
    }
  }
  return [...found.values()];
}

/** An answer of the server's own; undefined where it has none. As `refusal`. */
export async function ask(server: ApiServer, path: string, signal: AbortSignal): Promise<JsonRecord | undefined> {
  const response = await server.get(path, {}, signal);
  const text = await readWhole(response, LARGEST_ANSWER, IDLE_MS);
  if (response.statusCode === 404) return undefined;
  const resource = { apiVersion: '', path, name: path, group: '' };
  if (response.statusCode !== 200) throw refusal(resource, response.statusCode ?? 0, messageOf(text));
  return parseRecord(text);
}

function clusterWide(kind: string, name: string): ClusterResource {
  return { kind, name, apiVersion: 'v1', group: '', path: `/api/v1/${name}`, isNamespaced: false };
}

function namespaced(kind: string, name: string, apiVersion: string): ClusterResource {
  const [group = '', version] = apiVersion.split('/');
  const path = version === undefined ? `/api/${apiVersion}/${name}` : `/apis/${apiVersion}/${name}`;
  return { kind, name, apiVersion, group: version === undefined ? '' : group, path, isNamespaced: true };
}
