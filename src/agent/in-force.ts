/** Since when each policy is in force at this node as it is written now. */

import type { Logger } from 'pino';
import type { Compiler } from '../compiler/compiler.ts';
import type { EnforcementState } from '../compiler/enforcement.ts';
import { namespaceOf, objectKey } from '../model/objects.ts';
import type { ClusterEvent } from '../model/source.ts';
import type { Policy } from '../policy/policy.ts';
import { EnforcementWatch } from './enforcement-watch.ts';

export class InForce {
  readonly enforcement: EnforcementWatch;
  readonly #compiler: Compiler;
  /** Milliseconds since the epoch. */
  readonly #wallClock: () => number;
  /** Told, and in no plan yet. */
  readonly #heard = new Set<string>();
  /** In a plan that is not in force yet. */
  readonly #planned = new Set<string>();
  #plannedEnforcement: EnforcementState | undefined;
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
      if (kind === 'NetworkPolicy') this.#heard.add(event.type === 'upsert' ? objectKey(event.object) : event.key);
    }
  }

  /** A plan has been made. Returns the policies that are others in it than in the one before, or fit where they did not, or the other way round, or are gone. */
  planned(): ReadonlySet<string> {
    const { refused, enforcement } = this.#compiler;
    const changed = new Set(this.#heard);
    this.#heard.clear();
    if (refused !== this.#refused) {
      for (const key of new Set(refused.keys()).symmetricDifference(new Set(this.#refused.keys()))) changed.add(key);
      this.#refused = refused;
    }
    for (const key of changed) this.#planned.add(key);
    this.#plannedEnforcement = enforcement.own;
    return changed;
  }

  /** All that was planned is in force. */
  applied(): void {
    const now = this.#wallClock();
    for (const key of this.#planned) {
      if (this.#compiler.isWaiting(namespaceOf(key))) continue;
      this.#planned.delete(key);
      if (this.#compiler.policies.has(key)) this.#since.set(key, now);
      else this.#since.delete(key);
    }
    if (this.#plannedEnforcement !== undefined) this.enforcement.applied(this.#plannedEnforcement, now);
  }

  /** ISO time; `null` while it is not: not applied yet, invalid, refused, of an excluded namespace, or nothing is enforced. */
  since({ key, valid }: Policy): string | null {
    const since = this.#since.get(key);
    const { on, since: onSince } = this.enforcement;
    const notAsWritten = this.#heard.has(key) || this.#planned.has(key) || !valid || this.#compiler.refused.has(key);
    if (since === undefined || onSince === undefined || !on || notAsWritten) return null;
    return new Date(Math.max(since, onSince)).toISOString();
  }
}
