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
  /** What is wrong now, by pod and by policy. */
  readonly #pods = new Map<string, string>();
  readonly #policies = new Map<string, string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  unenforced(pods: ReadonlyMap<string, string>): void {
    for (const pod of this.#pods.keys()) if (!pods.has(pod)) this.#pods.delete(pod);
    for (const [pod, reason] of pods) {
      if (setText(this.#pods, pod, reason)) this.#log.warn({ pod, reason }, 'pod is not enforced');
    }
  }

  /** `changed`: policies whose text, or whether they fit, is another than before. */
  policies({ policies, refused }: Pick<Compiler, 'policies' | 'refused'>, changed: Iterable<string>): void {
    for (const key of changed) {
      const policy = policies.get(key);
      const problem = policy === undefined ? '' : problemsOf(policy, refused).join('\n');
      if (setText(this.#policies, key, problem)) this.#log.error({ policy: key, problem }, 'policy is not enforced as written');
    }
  }
}

/** Returns whether there is something to tell that was not there before. */
function setText(texts: Map<string, string>, key: string, text: string): boolean {
  if (texts.get(key) === text) return false;
  if (text === '') texts.delete(key);
  else texts.set(key, text);
  return text !== '';
}
