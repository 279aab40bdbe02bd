/** Many pods of one node that try to connect as their first instruction, and what became of them. */

import { setTimeout as sleep } from 'node:timers/promises';
import { TCP_PORT } from '../../e2e/support/world.ts';
import { agnhostName } from './images.ts';
import type { ClusterStage } from './stage.ts';
import { type ClusterPod, podObject } from './test-pods.ts';

export interface EagerResult {
  /** Pods that ended well, so had their connection. */
  readonly connected: number;
  /** Connections of which the server knows. */
  readonly heard: number;
  /** From the first order until the last of them had run. */
  readonly seconds: number;
}

interface Ended {
  readonly status: { readonly phase: string };
}

const TIMEOUT_MS = 180_000;
const SELECTOR = 'labelSelector=part%3Dnew';

export class EagerPods {
  readonly #stage: ClusterStage;
  readonly #server: ClusterPod;
  readonly #path: string;
  #count = 0;
  #begunAt = 0;
  #heardBefore = 0;

  constructor(stage: ClusterStage, server: ClusterPod) {
    this.#stage = stage;
    this.#server = server;
    this.#path = `/api/v1/namespaces/${stage.namespace}/pods`;
  }

  /** Labelled `part: new`, on the server's node. */
  async order(count: number): Promise<void> {
    this.#count = count;
    this.#heardBefore = await this.#heard();
    this.#begunAt = performance.now();
    const image = await agnhostName(this.#stage.cluster.bin);
    const args = ['connect', `${this.#server.v4}:${TCP_PORT}`, '--timeout=2s'];
    for (let index = 0; index < count; index += 1) {
      const wish = { name: `new-${index}`, node: this.#server.node, labels: { part: 'new' } };
      const pod = podObject(wish, image, args) as { spec: object };
      const body = { ...pod, spec: { ...pod.spec, restartPolicy: 'Never' } };
      await this.#stage.api.ask({ method: 'POST', path: this.#path, body });
    }
  }

  /** How many have run, or run. */
  async started(): Promise<number> {
    return (await this.#list()).filter(({ status }) => status.phase !== 'Pending').length;
  }

  /** When all have ended; then they are gone. */
  async result(): Promise<EagerResult> {
    const deadline = performance.now() + TIMEOUT_MS;
    for (;;) {
      const phases = (await this.#list()).map(({ status }) => status.phase);
      const connected = phases.filter((phase) => phase === 'Succeeded').length;
      const ended = connected + phases.filter((phase) => phase === 'Failed').length;
      if (ended === this.#count) {
        const seconds = (performance.now() - this.#begunAt) / 1000;
        const heard = (await this.#heard()) - this.#heardBefore;
        await this.#remove();
        return { connected, heard, seconds };
      }
      if (performance.now() > deadline) throw new Error(`${this.#count - ended} pods have not ended`);
      await sleep(250);
    }
  }

  async #heard(): Promise<number> {
    return Object.values(await this.#server.traffic.ask({ op: 'heard' })).reduce((sum, one) => sum + one, 0);
  }

  async #list(): Promise<readonly Ended[]> {
    const { body } = await this.#stage.api.ask({ method: 'GET', path: `${this.#path}?${SELECTOR}` });
    return (body as { readonly items: readonly Ended[] }).items;
  }

  async #remove(): Promise<void> {
    await this.#stage.api.ask({ method: 'DELETE', path: `${this.#path}?${SELECTOR}` });
    while ((await this.#list()).length > 0) await sleep(250);
  }
}
