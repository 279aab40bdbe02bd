/** Addresses of the cluster itself, as far as the input and the configuration say them; stand-ins are none. */

import { formatPrefix } from '../../model/ip.ts';
import { AddressSet } from './address-set.ts';
import type { AuditModel } from './audit-model.ts';
import { PrefixSet, type Block } from './prefix-set.ts';

export interface KnownAddresses {
  readonly pods: AddressSet;
  /** Cluster addresses. */
  readonly services: AddressSet;
  readonly nodes: AddressSet;
}

export const ADDRESS_KINDS = ['pods', 'services', 'nodes'] as const;
export type AddressKind = (typeof ADDRESS_KINDS)[number];

/** Whose address of this kind is in the block, one of them; else the network of theirs that it takes in, wholly or in part. */
export function findInBlock(model: AuditModel, kind: AddressKind, block: Block): string | undefined {
  const name = knownAddresses(model)[kind].findIn(block);
  if (name !== undefined) return name;
  const network = networksOf(model)[kind].findIn(block);
  return network && formatPrefix(network);
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

const networks = new WeakMap<AuditModel, Readonly<Record<AddressKind, PrefixSet>>>();

function networksOf(model: AuditModel): Readonly<Record<AddressKind, PrefixSet>> {
  let found = networks.get(model);
  if (found === undefined) {
    const { pods, services, nodes } = model.networks;
    found = { pods: new PrefixSet(pods), services: new PrefixSet(services), nodes: new PrefixSet(nodes) };
    networks.set(model, found);
  }
  return found;
}
