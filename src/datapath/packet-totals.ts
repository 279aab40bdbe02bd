/** Packets of all endpoints since the maps were made: what stands in the slots of counters now, and what stood in those that were begun anew. */

import * as native from '../../native/index.js';
import type { EndpointCounters } from '../model/packet-event.ts';
import { addCounters, LAYOUT, readCounters, u32, zeroCounters, type CounterSums } from './layout.ts';

/** Counts what has no endpoint, and endpoints beyond the last slot. */
const SHARED_SLOT = 0;

export class PacketTotals {
  readonly #map: native.Fd;
  readonly #used = new Set([SHARED_SLOT]);
  readonly #past = zeroCounters();
  /** One row for each CPU, as bytes and as words: read into again and again. */
  readonly #bytes = new Uint8Array(LAYOUT.endpoint_counters[''][1] * native.possibleCpus());
  readonly #words = new Uint32Array(this.#bytes.buffer);

  /** `map`: the counters, by slot and CPU. */
  constructor(map: native.Fd) {
    this.#map = map;
  }

  /** An endpoint counts in this slot from now on. */
  use(slot: number): void {
    this.#used.add(slot);
  }

  /** Begin a slot at zero. Whoever counted there is gone; what it counted stays in the sum. */
  reset(slot: number): void {
    this.#add(this.#past, slot);
    native.mapPut(this.#map, u32(slot), new Uint8Array(this.#bytes.length));
  }

  read(slot: number): EndpointCounters {
    const sums = zeroCounters();
    this.#add(sums, slot);
    return readCounters(sums);
  }

  /** Never falls. */
  sum(): EndpointCounters {
    const sums = this.#past.slice();
    for (const slot of this.#used) this.#add(sums, slot);
    return readCounters(sums);
  }

  #add(sums: CounterSums, slot: number): void {
    native.mapGet(this.#map, u32(slot), this.#bytes);
    addCounters(sums, this.#words);
  }
}
