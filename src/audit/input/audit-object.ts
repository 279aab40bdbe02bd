/** What a manifest can hold for an audit: the objects that the agent reads, and those that say which pods may come and who leads traffic to them. */

import type { PlacedObject } from '../../manifests/manifests.ts';
import type { PosternError } from '../../model/error.ts';
import type { Labels } from '../../model/labels.ts';
import type { ClusterObject, ContainerPort, Namespace, Pod } from '../../model/objects.ts';
import type { Missing, Ordinals, PassedOver, Route, WorkloadKind } from './audit-input.ts';

/** The controller that made an object (its ownerReference). */
export interface Owner {
  readonly kind: string;
  readonly name: string;
}

export interface FoundPod {
  readonly kind: 'FoundPod';
  readonly pod: Pod;
  readonly owner?: Owner;
}

/** As its manifest has it: which pods it has is not known yet. */
export interface FoundWorkload {
  readonly kind: 'FoundWorkload';
  readonly workload: Exclude<WorkloadKind, 'Pod'>;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly annotations: Readonly<Record<string, string>>;
  readonly ports: readonly ContainerPort[];
  readonly hostNetwork: boolean;
  readonly active: boolean;
  readonly ordinals?: Ordinals;
  readonly owner?: Owner;
}

export interface FoundRoute {
  readonly kind: 'FoundRoute';
  readonly route: Omit<Route, 'at' | 'locate'>;
  readonly locate?: Route['locate'];
}

/** With its annotations, which the model leaves out. */
export interface FoundNamespace {
  readonly kind: 'FoundNamespace';
  readonly namespace: Namespace;
  readonly annotations: Readonly<Record<string, string>>;
}

/** An earlier input, whole. */
export interface FoundSnapshot {
  readonly kind: 'FoundSnapshot';
  readonly name: string;
  readonly whole: boolean;
  readonly missing: readonly Missing[];
  readonly problems: readonly PosternError[];
  readonly passedOver?: PassedOver;
  readonly objects: readonly PlacedObject<AuditObject>[];
}

export type AuditObject =
  | Exclude<ClusterObject, { readonly kind: 'Pod' | 'Namespace' }>
  | FoundPod
  | FoundNamespace
  | FoundWorkload
  | FoundRoute
  | FoundSnapshot;

/** `Deployment shop/web`, `Namespace shop`: as `nameObject` calls its manifest. */
export function titleOf(object: Exclude<AuditObject, FoundSnapshot>): string {
  switch (object.kind) {
    case 'FoundPod':
      return `Pod ${object.pod.namespace}/${object.pod.name}`;
    case 'FoundWorkload':
      return `${object.workload} ${object.namespace}/${object.name}`;
    case 'FoundRoute':
      return `${object.route.kind} ${object.route.namespace}/${object.route.name}`;
    case 'FoundNamespace':
      return `Namespace ${object.namespace.name}`;
    case 'Node':
      return `Node ${object.name}`;
    default:
      return `${object.kind} ${object.namespace}/${object.name}`;
  }
}
