/** Which workload a pod is of, by its name: a list of flows is often of other days than the input, which may hold templates alone. */

import type { Address } from '../../model/ip.ts';
import type { AuditInput, Workload, WorkloadKind } from '../input/audit-input.ts';

/** What Kubernetes makes random names of: no vowels, nothing that looks like another (k8s.io/apimachinery rand.SafeEncodeString). */
const SAFE = '[bcdfghjklmnpqrstvwxz2456789]';

/** What a controller writes behind its own name. */
const SUFFIXES: Readonly<Record<Exclude<WorkloadKind, 'Pod'>, RegExp>> = {
  Deployment: new RegExp(`^-${SAFE}{1,10}-${SAFE}{5}$`),
  ReplicaSet: new RegExp(`^-${SAFE}{5}$`),
  ReplicationController: new RegExp(`^-${SAFE}{5}$`),
  DaemonSet: new RegExp(`^-${SAFE}{5}$`),
  StatefulSet: /^-\d+$/,
  Job: new RegExp(`^(-\\d+)?-${SAFE}{5}$`),
  CronJob: new RegExp(`^-\\d+(-\\d+)?-${SAFE}{5}$`),
};

export class PodOwners {
  readonly #byPod = new Map<string, Workload>();
  readonly #byAddress = new Map<Address, Workload>();
  readonly #byNamespace: ReadonlyMap<string, readonly Workload[]>;
  readonly #guessed = new Map<string, Workload | undefined>();

  constructor({ workloads }: AuditInput) {
    for (const workload of workloads) {
      if (workload.kind === 'Pod') this.#byPod.set(`${workload.namespace}/${workload.name}`, workload);
      for (const pod of workload.pods) {
        this.#byPod.set(`${pod.namespace}/${pod.name}`, workload);
        if (!pod.hostNetwork) for (const address of pod.addresses) this.#byAddress.set(address, workload);
      }
    }
    this.#byNamespace = Map.groupBy(workloads, ({ namespace }) => namespace);
  }

  /** `pod`: `namespace/name`. `undefined`: nothing in the input can have made it, or more than one thing. */
  ofPod(pod: string): Workload | undefined {
    const known = this.#byPod.get(pod);
    if (known !== undefined) return known;
    if (!this.#guessed.has(pod)) this.#guessed.set(pod, this.#guess(pod));
    return this.#guessed.get(pod);
  }

  ofAddress(address: Address): Workload | undefined {
    return this.#byAddress.get(address);
  }

  /** The longest name that fits: of `web` and `web-api` the latter made `web-api-x7k2p`. */
  #guess(pod: string): Workload | undefined {
    const slash = pod.indexOf('/');
    const name = pod.slice(slash + 1);
    const here = (this.#byNamespace.get(pod.slice(0, slash)) ?? []).filter((one) => one.kind !== 'Pod');
    const makers = here.filter((one) => name === one.name || mayMake(one, name));
    const length = Math.max(...makers.map((one) => one.name.length));
    const [maker, ...others] = makers.filter((one) => one.name.length === length);
    return others.length === 0 ? maker : undefined;
  }
}

function mayMake({ kind, name }: Workload, pod: string): boolean {
  return kind !== 'Pod' && pod.startsWith(name) && SUFFIXES[kind].test(pod.slice(name.length));
}
