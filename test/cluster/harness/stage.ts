/** What most tests on the cluster begin with: a namespace with pods that serve, and a client of the API server; gone with the stage. */

import { inject } from 'vitest';
import { ApiClient } from './api-client.ts';
import { Cluster } from './cluster.ts';
import { type ClusterPod, type PodWish, startPods } from './test-pods.ts';

export class ClusterStage {
  readonly cluster = Cluster.open(inject('clusterName'));
  readonly api = new ApiClient(this.cluster.plan);
  readonly namespace: string;
  readonly #processes = new DisposableStack();

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  async begin(): Promise<void> {
    await this.api.makeNamespace(this.namespace);
  }

  /** In the order of the wishes. */
  async start<const Wishes extends readonly PodWish[]>(...wishes: Wishes): Promise<{ [Index in keyof Wishes]: ClusterPod }> {
    const pods = await startPods(this.cluster, this.api, this.namespace, wishes);
    for (const pod of pods) this.#processes.use(pod);
    return pods as { [Index in keyof Wishes]: ClusterPod };
  }

  /** The namespace's deletion is not waited for. */
  async end(): Promise<void> {
    this.#processes.dispose();
    await this.api.ask({ method: 'DELETE', path: `/api/v1/namespaces/${this.namespace}` });
    this.api[Symbol.dispose]();
  }
}
