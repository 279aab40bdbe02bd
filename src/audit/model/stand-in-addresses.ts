/** Addresses for pods that have none yet, so that they are compiled like any other: of the networks that pods get theirs from. */

import { isIPv4, parsePrefix, prefixContains, type Address, type Prefix } from '../../model/ip.ts';

/** Where nobody says: what kubeadm's examples, Flannel and kind take, and an IPv6 network beside it. */
export const DEFAULT_POD_NETWORKS: readonly string[] = ['10.244.0.0/16', 'fd00:10:244::/56'];

export class StandInAddresses {
  /** By family. */
  readonly #networks: readonly (readonly Prefix[])[];
  readonly #taken: ReadonlySet<Address>;
  readonly #next = new Map<Prefix, Address>();

  /** `networks` are CIDRs, used in their order; without any, the usual ones of those families that pods have. `taken`: pods' own addresses. */
  constructor(networks: readonly string[], taken: readonly Address[]) {
    const isOfPods = ({ address }: Prefix): boolean => taken.length === 0 || taken.some((own) => isIPv4(own) === isIPv4(address));
    const parsed = networks.length === 0 ? DEFAULT_POD_NETWORKS.map(parsePrefix).filter(isOfPods) : networks.map(parsePrefix);
    this.#networks = [parsed.filter(({ address }) => isIPv4(address)), parsed.filter(({ address }) => !isIPv4(address))];
    this.#taken = new Set(taken);
  }

  /** One of each family. Where the networks are used up, none of it. */
  take(): Address[] {
    return this.#networks.flatMap((family) => {
      for (const network of family) {
        let address = (this.#next.get(network) ?? network.address) + 1n;
        while (this.#taken.has(address)) address += 1n;
        this.#next.set(network, address);
        if (prefixContains(network, address)) return [address];
      }
      return [];
    });
  }
}
