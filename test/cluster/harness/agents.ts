/** The agents of a cluster, asked through their sockets. */

import http from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultSocket } from '../../../src/agent/default-paths.ts';
import type { Cluster } from './cluster.ts';

export interface AgentStatus {
  readonly node: string;
  readonly settled: boolean;
  readonly healthy: boolean;
  /** By plural: the version up to which it has been told. */
  readonly source: { readonly details: Readonly<Record<string, { readonly version: string | null } | undefined>> };
  /** Pods whose interface has not been found. */
  readonly missing: readonly string[];
  readonly endpoints: readonly { readonly pod: string }[];
  readonly policies: readonly { readonly policy: string; readonly inForceSince: string | null; readonly selects: number }[];
}

const TIMEOUT_MS = 40_000;

export function askAgent<Answer>(cluster: Cluster, node: string, path: string): Promise<Answer> {
  const socketPath = cluster.pathIn(node, defaultSocket(node));
  return new Promise((resolve, reject) => {
    http.get({ socketPath, path }, (response) => resolve(json(response) as Promise<Answer>)).on('error', reject);
  });
}

/** Every agent has the policies in force, where they select its pods. */
export async function untilInForce(cluster: Cluster, ...policies: readonly string[]): Promise<void> {
  await untilAll(cluster, `policies ${policies.join(', ')} in force`, (status) =>
    policies.every((wanted) =>
      status.policies.some(({ policy, inForceSince, selects }) => policy === wanted && (inForceSince !== null || selects === 0)),
    ),
  );
}

export async function untilAll(cluster: Cluster, what: string, holds: (status: AgentStatus) => boolean): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS;
  for (;;) {
    const asked = await Promise.allSettled(cluster.plan.nodes.map(({ name }) => askAgent<AgentStatus>(cluster, name, '/status')));
    const statuses = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    if (statuses.length === asked.length && statuses.every(holds)) return;
    if (performance.now() > deadline)
      throw new Error(`not after ${TIMEOUT_MS / 1000} s: ${what}; ${JSON.stringify(statuses).slice(0, 2000)}`);
    await sleep(20);
  }
}
