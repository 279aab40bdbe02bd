/** What an audit is about, however it came in: files, standard input, a cluster, a snapshot. */

import type { Location, PosternError } from '../../model/error.ts';
import type { Labels } from '../../model/labels.ts';
import type { PlacedObject } from '../../manifests/manifests.ts';
import type { ContainerPort, Pod } from '../../model/objects.ts';

export type WorkloadKind =
  | 'Deployment'
  | 'StatefulSet'
  | 'DaemonSet'
  | 'ReplicaSet'
  | 'ReplicationController'
  | 'Job'
  | 'CronJob'
  /** A pod that nobody made but its author. */
  | 'Pod';

/** Makers of pods, from their templates or from the pods that run. */
export interface Workload {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
  /** Of its pods. */
  readonly labels: Labels;
  readonly annotations: Readonly<Record<string, string>>;
  readonly ports: readonly ContainerPort[];
  readonly hostNetwork: boolean;
  /** False where it is scaled to nothing, suspended, or has ended: it may have pods again. */
  readonly active: boolean;
  /** Of a StatefulSet, as its manifest has it: the numbers of its pods. */
  readonly ordinals?: Ordinals;
  /** Those that run, of the input's objects; empty for one of which only the template is known. */
  readonly pods: readonly Pod[];
  readonly at: Location;
}

/** `count` numbers from `first` on. */
export interface Ordinals {
  readonly first: number;
  readonly count: number;
}

/** A way in from outside of the cluster, by a controller: an Ingress, or a route of the Gateway API. */
export interface Route {
  /** `Ingress`, `HTTPRoute`, `GRPCRoute`, `TLSRoute`, `TCPRoute`, `UDPRoute` */
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** The ingress class, or the gateways as `namespace/name`; empty where none is said. */
  readonly through: readonly string[];
  readonly hosts: readonly string[];
  /** Services that it leads to; `port` is the Service's, by number or name. */
  readonly backends: readonly {
    readonly namespace: string;
    readonly service: string;
    readonly port: number | string;
    readonly field: string;
  }[];
  readonly at: Location;
  /** The place of one of its fields; absent where there is no text. */
  readonly locate?: (field: string) => Location;
}

/** A network outside of the cluster that has a name in the configuration. */
export interface NamedNetwork {
  readonly name: string;
  readonly cidrs: readonly string[];
}

export interface AuditInput {
  /** As messages call it: `./manifests`, `the cluster prod`. */
  readonly name: string;
  /** Pods that a workload made are here and among its `pods`. `at` has a file and a line where there is a file, else only the object. */
  readonly objects: readonly PlacedObject[];
  readonly workloads: readonly Workload[];
  readonly routes: readonly Route[];
  /** What could not be read: the rest was. */
  readonly problems: readonly PosternError[];
  /** Kinds that a whole answer needs and the input does not hold, or not in full, with the reason; empty: it is complete. */
  readonly missing: readonly Missing[];
  /** The cluster was asked as a whole: a namespace that is not there does not exist. */
  readonly whole: boolean;
  /** What objects themselves ask to be silent about; absent: nothing. */
  readonly ignores?: readonly ObjectIgnore[];
  /** What stood there and is not read, which is no fault. */
  readonly passedOver?: PassedOver;
}

/** Of an annotation `postern.dev/ignore`. */
export interface ObjectIgnore {
  /** `NetworkPolicy shop/web`; one of a Namespace holds for all that is in it. */
  readonly object: string;
  readonly check: string;
  readonly reason: string;
}

export interface PassedOver {
  /** Documents that are no objects of Kubernetes, or only pieces: Helm's values, kustomize's patches, other programs' files. */
  readonly documents: number;
  /** Objects of kinds that no policy has to do with, by kind. */
  readonly kinds: Readonly<Record<string, number>>;
}

export interface Missing {
  /** `Namespace`, `Pod`, … or `NetworkPolicy` */
  readonly kind: string;
  readonly reason: string;
}
