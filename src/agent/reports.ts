/** Log lines about what stays wrong: told once, and again after they have changed. */

import type { Logger } from 'pino';
import type { Compiler } from '../compiler/compiler.ts';
import { formatError, type PosternError } from '../model/error.ts';
import type { Policy } from '../policy/policy.ts';

/** Why a policy is not enforced as written: what is wrong in it, and that it does not fit. */
export function problemsOf(policy: Policy, refused: ReadonlyMap<string, PosternError>): string[] {
  const refusal = refused.get(policy.key);
  return [...policy.problems, ...(refusal === undefined ? [] : [refusal])].map(formatError);
}

export class Reports {
  readonly #log: Logger;
  readonly #told = new Map<string, string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  unenforced(pods: ReadonlyMap<string, string>): void {
    for (const [pod, reason] of pods) this.#once(`pod ${pod}`, reason, () => this.#log.warn({ pod, reason }, 'pod is not enforced'));
  }

  policies({ policies, refused }: Pick<Compiler, 'policies' | 'refused'>): void {
    for (const [key, policy] of policies) {
      const problem = problemsOf(policy, refused).join('\n');
      this.#once(`policy ${key}`, problem, () => this.#log.error({ policy: key, problem }, 'policy is not enforced as written'));
    }
  }

  #once(key: string, text: string, tell: () => void): void {
    if ((this.#told.get(key) ?? '') === text) return;
    this.#told.set(key, text);
    if (text !== '') tell();
  }
}
