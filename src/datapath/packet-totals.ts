/** Packets of all endpoints since the maps were made: what stands in the slots of counters now, and what stood in those that were begun anew. */

import * as native from '../../native/index.js';
import type { EndpointCounters } from '../model/packet-event.ts';
import { REASON_SLOTS } from '../model/reasons.ts';
import { decodeCounters, LAYOUT, u32 } from './layout.ts';

/** Counts what has no endpoint, and endpoints beyond the last slot. */
const SHARED_SLOT = 0;

export class PacketTotals {
  readonly #map: native.Fd;
  readonly #cpus = native.possibleCpus();
  readonly #used = new Set([SHARED_SLOT]);
  #past: EndpointCounters = { packets: { ingress: noPackets(), egress: noPackets() }, lostEvents: 0 };

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
    this.#past = add(this.#past, this.read(slot));
    native.mapPut(this.#map, u32(slot), new Uint8Array(LAYOUT.endpoint_counters[''][1] * this.#cpus));
  }

  read(slot: number): EndpointCounters {
    const value = new Uint8Array(LAYOUT.endpoint_counters[''][1] * this.#cpus);
    native.mapGet(this.#map, u32(slot), value);
    return decodeCounters(value, this.#cpus);
  }

  /** Never falls. */
  sum(): EndpointCounters {
    let sum = this.#past;
    for (const slot of this.#used) sum = add(sum, this.read(slot));
    return sum;
  }
}

function add(a: EndpointCounters, b: EndpointCounters): EndpointCounters {
  const sums = (one: readonly number[], other: readonly number[]): number[] => one.map((count, reason) => count + (other[reason] ?? 0));
  return {
    packets: { ingress: sums(a.packets.ingress, b.packets.ingress), egress: sums(a.packets.egress, b.packets.egress) },
    lostEvents: a.lostEvents + b.lostEvents,
  };
}

function noPackets(): number[] {
  return new Array<number>(REASON_SLOTS).fill(0);
}
