/** Since when each policy is in force at this node as it is written now. */

import type { Logger } from 'pino';
import type { Compiler } from '../compiler/compiler.ts';
import { objectKey } from '../model/objects.ts';
import type { ClusterEvent } from '../model/source.ts';
import type { Policy } from '../policy/policy.ts';
import { EnforcementWatch } from './enforcement-watch.ts';

export class InForce {
  readonly enforcement: EnforcementWatch;
  readonly #compiler: Compiler;
  /** Milliseconds since the epoch. */
  readonly #wallClock: () => number;
  /** Told, or found to fit again, and not in force yet. */
  readonly #pending = new Set<string>();
  /** Those of them, and those that fit no more, of which nobody has been told. */
  readonly #changed = new Set<string>();
  readonly #since = new Map<string, number>();
  #refused: ReadonlyMap<string, unknown> = new Map();

  constructor(compiler: Compiler, log: Logger, wallClock: () => number = Date.now) {
    this.#compiler = compiler;
    this.#wallClock = wallClock;
    this.enforcement = new EnforcementWatch(log);
  }

  heard(events: readonly ClusterEvent[]): void {
    for (const event of events) {
      const kind = event.type === 'upsert' ? event.object.kind : event.kind;
      if (kind === 'NetworkPolicy') this.#change(event.type === 'upsert' ? objectKey(event.object) : event.key);
    }
  }

  /** Policies that are others than at the last call, or fit where they did not, or the other way round, or are gone. To be asked when a plan has been made. */
  takeChanged(): ReadonlySet<string> {
    const { refused } = this.#compiler;
    if (refused !== this.#refused) {
      for (const key of new Set(refused.keys()).symmetricDifference(new Set(this.#refused.keys()))) this.#change(key);
      this.#refused = refused;
    }
    const changed = new Set(this.#changed);
    this.#changed.clear();
    return changed;
  }

  /** All that was planned is in force. */
  applied(): void {
    const { policies, enforcement } = this.#compiler;
    const now = this.#wallClock();
    for (const key of this.#pending) {
      if (this.#compiler.isWaiting(namespaceOf(key))) continue;
      this.#pending.delete(key);
      if (policies.has(key)) this.#since.set(key, now);
      else this.#since.delete(key);
    }
    this.enforcement.applied(enforcement.own, now);
  }

  /** ISO time; `null` while it is not: not applied yet, invalid, refused, of an excluded namespace, or nothing is enforced. */
  since(policy: Policy): string | null {
    const since = this.#since.get(policy.key);
    const { on, since: onSince } = this.enforcement;
    const notAsWritten = this.#pending.has(policy.key) || !policy.valid || this.#compiler.refused.has(policy.key);
    if (since === undefined || onSince === undefined || !on || notAsWritten) return null;
    return new Date(Math.max(since, onSince)).toISOString();
  }

  #change(key: string): void {
    this.#pending.add(key);
    this.#changed.add(key);
  }
}

function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}
