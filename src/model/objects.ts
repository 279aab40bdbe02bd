/** The API objects that Postern reads, cut down to the fields that it needs. Decoded once, at the edge. */

import type { Address } from './ip.ts';
import type { Labels } from './labels.ts';
import type { Protocol } from './verdict.ts';
import type { Location } from './error.ts';

export interface ContainerPort {
  /** Absent for a port without a name. */
  readonly name?: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** Port of the node that leads here; absent where none does. */
  readonly hostPort?: number;
}

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';

export interface Pod {
  readonly kind: 'Pod';
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Labels;
  readonly annotations: Readonly<Record<string, string>>;
  /** Absent while the pod is not scheduled. */
  readonly nodeName?: string;
  readonly hostNetwork: boolean;
  /** All of `status.podIPs` (or `status.podIP`), both families. */
  readonly addresses: readonly Address[];
  /** In container order, native sidecars (init containers with `restartPolicy: Always`) included. */
  readonly ports: readonly ContainerPort[];
  readonly phase: PodPhase;
  /** `status.startTime` in milliseconds since the epoch; absent until the kubelet saw it. */
  readonly startedAt?: number;
  readonly terminating: boolean;
}

export interface Namespace {
  readonly kind: 'Namespace';
  readonly name: string;
  /** `kubernetes.io/metadata.name` is always there. */
  readonly labels: Labels;
}

export interface Node {
  readonly kind: 'Node';
  readonly name: string;
  readonly labels: Labels;
  readonly annotations: Readonly<Record<string, string>>;
  /** Of `status.addresses`: InternalIP and ExternalIP. */
  readonly addresses: readonly Address[];
  readonly podCIDRs: readonly string[];
}

/** A NetworkPolicy whose `spec` has not been looked at yet: parsing it, and what a bad one means, is the compiler's work. */
export interface NetworkPolicyObject {
  readonly kind: 'NetworkPolicy';
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Milliseconds since the epoch; 0 where the manifest has none. */
  readonly createdAt: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: unknown;
  /** Says where in its file a field (`spec.ingress[0]`) stands; absent for objects of the API server. */
  readonly locate?: (field: string) => Location;
}

export interface ServicePort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** A container port by number or name; absent: the same as `port`. */
  readonly targetPort?: number | string;
  readonly nodePort?: number;
}

export interface Service {
  readonly kind: 'Service';
  readonly namespace: string;
  readonly name: string;
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  /** Empty for a headless Service. */
  readonly clusterIPs: readonly Address[];
  readonly externalIPs: readonly Address[];
  readonly loadBalancerIPs: readonly Address[];
  readonly ports: readonly ServicePort[];
  readonly selector: Labels;
}

export interface EndpointSlicePort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
}

export interface SliceEndpoint {
  readonly addresses: readonly Address[];
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly nodeName?: string;
}

export interface EndpointSlice {
  readonly kind: 'EndpointSlice';
  readonly namespace: string;
  readonly name: string;
  readonly service: string;
  readonly ports: readonly EndpointSlicePort[];
  readonly endpoints: readonly SliceEndpoint[];
}

/** Of the API server's mirror of a static pod: the uid by which its kubelet and its runtime know it. */
export const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

export type ClusterObject = Pod | Namespace | Node | NetworkPolicyObject | Service | EndpointSlice;
export type ClusterKind = ClusterObject['kind'];

/** `namespace/name`, or the bare name of an object without a namespace. */
export function objectKey({ namespace, name }: { readonly namespace?: string; readonly name: string }): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** Of the key of an object that has one. */
export function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}
