/** Objects of the cluster, put and deleted by single requests whose moment is known. */

import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { enterAndDieWithUs } from '../../e2e/support/enter.ts';
import type { ClusterPlan } from './plan.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
}

export interface ApiAnswer {
  /** 0: it was not reached. */
  readonly status: number;
  readonly body: unknown;
  /** CLOCK_MONOTONIC, milliseconds. */
  readonly sentAt: number;
  readonly answeredAt: number;
}

const ACCOUNT_TIMEOUT_MS = 60_000;
const SCRIPT = new URL('api-process.ts', import.meta.url).pathname;

export class ApiClient {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting = new Map<number, (answer: ApiAnswer) => void>();
  #count = 0;

  constructor(plan: ClusterPlan) {
    const [command = '', ...args] = enterAndDieWithUs(`/run/netns/${plan.controlNetns}`, [process.execPath, SCRIPT, plan.adminKubeconfig]);
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const { id, answer } = JSON.parse(line) as { id: number; answer: ApiAnswer };
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    });
  }

  /** Whatever the answer is. */
  send(request: ApiRequest): Promise<ApiAnswer> {
    this.#count += 1;
    const id = this.#count;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#child.stdin.write(`${JSON.stringify({ ...request, id })}\n`);
    });
  }

  /** Throws where the API server refuses. */
  async ask(request: ApiRequest): Promise<ApiAnswer> {
    const answer = await this.send(request);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw new Error(`${request.method} ${request.path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }

  /** Resolves once pods may be made there: the controllers give it a service account first, and are slow to when the API server has just been away. */
  async makeNamespace(name: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.ask({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name, labels } } });
    const deadline = performance.now() + ACCOUNT_TIMEOUT_MS;
    for (;;) {
      const { status } = await this.send({ method: 'GET', path: `/api/v1/namespaces/${name}/serviceaccounts/default` });
      if (status === 200) return;
      if (performance.now() > deadline) throw new Error(`namespace ${name} has no service account`);
      await sleep(50);
    }
  }

  /** Its moment is that of the answer: from then on it is the cluster's word. */
  putPolicy(namespace: string, name: string, spec: object): Promise<ApiAnswer> {
    const path = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`;
    return this.ask({ method: 'POST', path, body: { metadata: { name }, spec } });
  }

  deletePolicy(namespace: string, name: string): Promise<ApiAnswer> {
    return this.ask({ method: 'DELETE', path: `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies/${name}` });
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
  }
}
