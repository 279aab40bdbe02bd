/** Manifests of cases as the API server takes them. */

import type { LabPort } from '../../../src/lab/types.ts';
import type { Manifest, PortManifest } from '../../support/builders/manifests.ts';

interface Container {
  readonly name: string;
  readonly restartPolicy?: string;
  readonly ports?: readonly (PortManifest & { readonly hostPort?: number })[];
}

interface PodSpec {
  readonly nodeName: string;
  readonly hostNetwork?: boolean;
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
}

/** A pod that was told to end stays for so long. */
const GRACE_SECONDS = 600;

/** Cases call the cluster's nodes n1 and n2 `node-1` and `node-2`. */
export function nodeNamed(actor: string): string {
  return actor.replace(/^node-/, 'n');
}

export function podBody(manifest: Manifest, image: string): object {
  const { namespace, name, labels } = manifest['metadata'] as { namespace: string; name: string; labels: object };
  const { nodeName, hostNetwork, containers, initContainers = [] } = manifest['spec'] as PodSpec;
  const stays = { preStop: { sleep: { seconds: GRACE_SECONDS } } };
  const body = ({ name: container, restartPolicy, ports = [] }: Container): object => ({
    name: container,
    image,
    args: ['pause'],
    ports,
    lifecycle: stays,
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
  });
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels },
    spec: {
      nodeName: nodeNamed(nodeName),
      terminationGracePeriodSeconds: GRACE_SECONDS,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      ...(hostNetwork === true ? { hostNetwork } : {}),
      containers: joinContainers(containers).map(body),
      initContainers: initContainers.map(body),
    },
  };
}

/** What a pod serves: the ports that it names. */
export function portsOf(manifest: Manifest): readonly LabPort[] {
  const { containers, initContainers = [] } = manifest['spec'] as PodSpec;
  const ports = [...containers, ...initContainers].flatMap((container) => container.ports ?? []);
  return ports.map(({ protocol = 'TCP', containerPort }) => ({ protocol, port: containerPort }));
}

export function sharesNodeNetwork(manifest: Manifest): boolean {
  return (manifest['spec'] as PodSpec).hostNetwork === true;
}

export function isTerminating(manifest: Manifest): boolean {
  return (manifest['metadata'] as Manifest)['deletionTimestamp'] !== undefined;
}

/** Containers whose ports have different names might as well be one, which takes a sixth of the memory. */
function joinContainers(containers: readonly Container[]): readonly Container[] {
  const ports = containers.flatMap((container) => container.ports ?? []);
  const names = ports.map(({ name }) => name);
  const [first] = containers;
  return first === undefined || new Set(names).size < names.length ? containers : [{ ...first, ports }];
}

/** Endpoints name nodes, too. */
export function sliceBody(manifest: Manifest): Manifest {
  const endpoints = manifest['endpoints'] as readonly { readonly nodeName: string }[];
  return { ...manifest, endpoints: endpoints.map((endpoint) => ({ ...endpoint, nodeName: nodeNamed(endpoint.nodeName) })) };
}
