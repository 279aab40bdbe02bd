/** Whether anything is enforced at this node, since when, and who said so: as it is in force, not as it is wanted. */

import type { Logger } from 'pino';
import type { EnforcementState } from '../compiler/enforcement.ts';
import { formatError } from '../model/error.ts';

export interface EnforcementStatus {
  readonly on: boolean;
  /** ISO time. */
  readonly since: string | null;
  readonly by: EnforcementState['by'] | null;
  /** The Node's annotation is not understood. */
  readonly problem: string | null;
}

export class EnforcementWatch {
  readonly #log: Logger;
  #state: EnforcementState | undefined;
  #since: number | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** False until something is in force. */
  get on(): boolean {
    return this.#state?.on === true;
  }

  /** Milliseconds since the epoch. */
  get since(): number | undefined {
    return this.#since;
  }

  get status(): EnforcementStatus {
    const problem = this.#state?.problem;
    return {
      on: this.on,
      since: this.#since === undefined ? null : new Date(this.#since).toISOString(),
      by: this.#state?.by ?? null,
      problem: problem === undefined ? null : formatError(problem),
    };
  }

  /** This has come into force, or still is. */
  applied(state: EnforcementState, now: number): void {
    const before = this.#state;
    this.#state = state;
    if (state.problem !== undefined && state.problem !== before?.problem)
      this.#log.error({ code: state.problem.code, problem: formatError(state.problem) }, "the Node's annotation is not understood");
    if (before?.on === state.on) return;
    this.#since = now;
    if (!state.on) this.#log.warn({ by: state.by }, 'enforcement is off on this node: programs stay attached, and nothing is dropped');
    else if (before !== undefined) this.#log.warn({ by: state.by }, 'enforcement is on again');
  }
}
