/** Addresses of the cluster itself, as far as the input says them; stand-ins are none. */

import { AddressSet } from './address-set.ts';
import type { AuditModel } from './audit-model.ts';

export interface KnownAddresses {
  readonly pods: AddressSet;
  /** Cluster addresses. */
  readonly services: AddressSet;
  readonly nodes: AddressSet;
}

const known = new WeakMap<AuditModel, KnownAddresses>();

export function knownAddresses(model: AuditModel): KnownAddresses {
  let found = known.get(model);
  if (found === undefined) known.set(model, (found = collect(model)));
  return found;
}

function collect({ input, services, nodes }: AuditModel): KnownAddresses {
  const pods = input.workloads.flatMap((workload) => (workload.hostNetwork ? [] : workload.pods));
  return {
    pods: new AddressSet(pods.flatMap((pod) => pod.addresses.map((one) => [one, `${pod.namespace}/${pod.name}`] as const))),
    services: new AddressSet([...services].flatMap(([key, { object }]) => object.clusterIPs.map((one) => [one, key] as const))),
    nodes: new AddressSet(nodes.flatMap(({ name, addresses }) => addresses.map((one) => [one, name] as const))),
  };
}
