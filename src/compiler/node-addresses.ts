/** The addresses that count as the node's own: of Node.status, of its interfaces, and of the host side of its pods'. A frontend is none, wherever it is bound. */

import type { Address } from '../model/ip.ts';

export class NodeAddresses {
  readonly #bySource = new Map<string, readonly Address[]>();
  readonly #count = new Map<Address, number>();
  readonly #changed: (address: Address, own: boolean) => void;

  constructor(changed: (address: Address, own: boolean) => void) {
    this.#changed = changed;
  }

  /** What one source says now; several may say the same. */
  set(source: string, addresses: readonly Address[]): void {
    const before = this.#bySource.get(source) ?? [];
    if (addresses.length === 0) this.#bySource.delete(source);
    else this.#bySource.set(source, addresses);
    for (const address of addresses) this.#add(address, 1);
    for (const address of before) this.#add(address, -1);
  }

  #add(address: Address, by: 1 | -1): void {
    const count = (this.#count.get(address) ?? 0) + by;
    if (count > 0) this.#count.set(address, count);
    else this.#count.delete(address);
    this.#changed(address, count > 0);
  }
}
