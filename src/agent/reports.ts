/** What stays wrong: told to the log once, and again after it has changed; and shown to the people of the objects, where there is a board for it. */

import type { Logger } from 'pino';
import type { Compiler } from '../compiler/compiler.ts';
import type { Notice, NoticeBoard } from '../model/notice.ts';
import { noticeOfNode, noticeOfPod, noticeOfPolicy, problemsOf } from './notices.ts';

interface Wrong {
  readonly text: string;
  readonly notice: Notice | undefined;
}

export class Reports {
  readonly #compiler: Compiler;
  readonly #log: Logger;
  readonly #board: Pick<NoticeBoard, 'show'> | undefined;
  /** What is wrong now, by pod and by policy. */
  readonly #pods = new Map<string, Wrong>();
  readonly #policies = new Map<string, Wrong>();

  constructor(compiler: Compiler, log: Logger, board?: Pick<NoticeBoard, 'show'>) {
    this.#compiler = compiler;
    this.#log = log;
    this.#board = board;
  }

  unenforced(pods: ReadonlyMap<string, string>): void {
    for (const key of this.#pods.keys()) if (!pods.has(key)) this.#pods.delete(key);
    for (const [key, reason] of pods) {
      if (this.#pods.get(key)?.text === reason) continue;
      const pod = this.#compiler.cluster.pods.get(key);
      this.#pods.set(key, { text: reason, notice: pod === undefined ? undefined : noticeOfPod(pod, reason) });
      this.#log.warn({ pod: key, reason }, 'pod is not enforced');
    }
  }

  /** `changed`: policies whose text, or whether they fit, is another than before. */
  policies(changed: Iterable<string>): void {
    const { policies, refused } = this.#compiler;
    for (const key of changed) {
      const [policy, refusal] = [policies.get(key), refused.get(key)];
      const problem = policy === undefined ? '' : problemsOf(policy, refusal).join('\n');
      const known = this.#policies.get(key)?.text ?? '';
      if (policy === undefined || problem === '') this.#policies.delete(key);
      else this.#policies.set(key, { text: problem, notice: noticeOfPolicy(policy, refusal) });
      if (problem !== '' && problem !== known) this.#log.error({ policy: key, problem }, 'policy is not enforced as written');
    }
  }

  /** Of policies, only where they concern a pod of this node: where they concern none, another node tells. */
  show(): void {
    if (this.#board === undefined) return;
    const notices = new Map<string, Notice>();
    const put = (key: string, notice: Notice | undefined): unknown => notice !== undefined && notices.set(key, notice);
    for (const [key, { notice }] of this.#policies) if (this.#concernsSomebody(key)) put(`policy ${key}`, notice);
    for (const [key, { notice }] of this.#pods) put(`pod ${key}`, notice);
    put('node', noticeOfNode(this.#compiler.enforcement.ownNode, this.#compiler.enforcement.own));
    this.#board.show(notices);
  }

  /** Whoever cannot be asked whom it selects might select any pod of its namespace. */
  #concernsSomebody(key: string): boolean {
    const { policies, subjects } = this.#compiler;
    const policy = policies.get(key);
    if (policy === undefined) return false;
    return policy.subject === undefined ? subjects.hasAny(policy.namespace) : subjects.countSelected(key) > 0;
  }
}
