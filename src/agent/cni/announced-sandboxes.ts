/**
 * Sandboxes of which the CNI plugin tells: before any container runs in them, and before the container runtime itself lists them with their addresses.
 * They are laid beside what it lists, until it does.
 */

import type { Sandbox } from '../../model/sandbox.ts';

/** Where they go together. */
export interface SandboxListener {
  sandboxesChanged(sandboxes: readonly Sandbox[] | undefined): void;
}

interface Announced {
  readonly sandbox: Sandbox;
  /** DEL has come: it counts as long as this says so. */
  stillThere?: () => boolean;
}

/** Its interface goes a moment after DEL: other plugins come after us. */
const LOOK_MS = 100;
const LONGEST_END_MS = 10_000;
/** Its pod must be told by then, or was never meant. */
const UNKNOWN_MS = 120_000;

export class AnnouncedSandboxes {
  readonly #listener: SandboxListener;
  readonly #isKnown: (sandbox: Sandbox) => boolean;
  readonly #announced = new Map<string, Announced>();
  /** What the runtime listed last. */
  #listed: readonly Sandbox[] | undefined;
  readonly #timers = new Set<NodeJS.Timeout>();

  /** `isKnown`: its pod is in the cluster's picture. */
  constructor(listener: SandboxListener, isKnown: (sandbox: Sandbox) => boolean) {
    this.#listener = listener;
    this.#isKnown = isKnown;
  }

  /** What the container runtime lists. */
  sandboxesChanged(listed: readonly Sandbox[] | undefined): void {
    this.#listed = listed;
    for (const [id, { sandbox }] of this.#announced)
      if (listed?.some((other) => covers(other, sandbox)) === true) this.#announced.delete(id);
    // Nobody knows of the others: they must not be taken for ended.
    if (listed === undefined) this.#listener.sandboxesChanged(undefined);
    if (listed !== undefined || this.#announced.size > 0) this.#tell();
  }

  announce(containerId: string, sandbox: Sandbox): void {
    for (const [id, { sandbox: other }] of this.#announced)
      if (!this.#isKnown(other) && sandbox.createdAt - other.createdAt > UNKNOWN_MS) this.#announced.delete(id);
    this.#announced.set(containerId, { sandbox });
    this.#tell();
  }

  /** It ends: what it has is free once its interface is gone. */
  withdraw(containerId: string, stillThere: (sandbox: Sandbox) => boolean): void {
    const announced = this.#announced.get(containerId);
    if (announced === undefined || announced.stillThere !== undefined) return;
    const deadline = performance.now() + LONGEST_END_MS;
    announced.stillThere = () => stillThere(announced.sandbox) && performance.now() < deadline;
    this.#end(containerId, announced);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #end(containerId: string, announced: Announced): void {
    if (this.#announced.get(containerId) !== announced) return;
    if (announced.stillThere?.() === true) {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#end(containerId, announced);
      }, LOOK_MS);
      this.#timers.add(timer);
      return;
    }
    this.#announced.delete(containerId);
    this.#tell();
  }

  #tell(): void {
    this.#listener.sandboxesChanged([...(this.#listed ?? []), ...[...this.#announced.values()].map(({ sandbox }) => sandbox)]);
  }
}

/** The runtime knows of it by now. */
function covers(listed: Sandbox, { namespace, name, uid, addresses }: Sandbox): boolean {
  const same = listed.namespace === namespace && listed.name === name && listed.uid === uid;
  return same && listed.addresses.some((address) => addresses.includes(address));
}
