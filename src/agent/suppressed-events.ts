/** How many packet events were not told, pod by pod: above the rate, or with the ring full. */

import type { Compiler } from '../compiler/compiler.ts';
import type { Datapath } from '../datapath/port.ts';

export interface SuppressedNotice {
  readonly kind: 'suppressed';
  /** ISO 8601 */
  readonly time: string;
  readonly node: string;
  /** `namespace/name`; null for those beyond the last counters of their own, and for interfaces that are no pod's. */
  readonly pod: string | null;
  /** Events since the last notice. Their packets were judged and counted all the same. */
  readonly count: number;
}

/** Of counters that are nobody's own. */
const SHARED_SLOT = 0;

export interface SuppressedParts {
  readonly node: string;
  readonly compiler: Pick<Compiler, 'endpoints'>;
  readonly datapath: Pick<Datapath, 'counters'>;
}

export class SuppressedEvents {
  readonly #parts: SuppressedParts;
  #before: ReadonlyMap<string | null, number> = new Map();

  constructor(parts: SuppressedParts) {
    this.#parts = parts;
  }

  /** What was lost up to now is of no interest. */
  begin(): void {
    this.#before = this.#read();
  }

  /** Those since the last call. */
  take(): SuppressedNotice[] {
    const now = this.#read();
    const time = new Date().toISOString();
    const notices: SuppressedNotice[] = [];
    for (const [pod, lost] of now) {
      const before = this.#before.get(pod) ?? 0;
      // Counters that have been begun anew are another pod's of this name.
      const count = lost >= before ? lost - before : lost;
      if (count > 0) notices.push({ kind: 'suppressed', time, node: this.#parts.node, pod, count });
    }
    this.#before = now;
    return notices;
  }

  #read(): Map<string | null, number> {
    const { compiler, datapath } = this.#parts;
    const lost = new Map<string | null, number>([[null, datapath.counters(SHARED_SLOT).lostEvents]]);
    for (const pod of compiler.endpoints.keys()) {
      const slot = compiler.endpoints.get(pod)?.counters ?? SHARED_SLOT;
      if (slot !== SHARED_SLOT) lost.set(pod, datapath.counters(slot).lostEvents);
    }
    return lost;
  }
}
