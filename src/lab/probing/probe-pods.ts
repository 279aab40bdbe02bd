/** Spread probes over the pods that they start from, and put the results back in order. */

import { groupBy } from './group-by.ts';
import { askPod } from '../pods/pod-client.ts';
import type { AddressProbe } from '../pods/pod-protocol.ts';
import type { PodState } from '../state/lab-state.ts';
import { addressOf } from '../pods/pod-address.ts';
import type { ProbeRequest, ProbeResult } from '../types.ts';

export const PROBE_TIMEOUT_MS = 300;
/** Probes of one round over all pods: more would make two cores too slow to answer within the time-out. */
const ROUND = 200;

/** `pod` finds a pod by `namespace/name` or throws. Results in the order of the requests. */
export async function probePods(pod: (key: string) => PodState, probes: readonly ProbeRequest[]): Promise<readonly ProbeResult[]> {
  const results: ProbeResult[] = [];
  for (let start = 0; start < probes.length; start += ROUND) {
    results.push(...(await probeRound(pod, probes.slice(start, start + ROUND))));
  }
  return results;
}

async function probeRound(pod: (key: string) => PodState, probes: readonly ProbeRequest[]): Promise<readonly ProbeResult[]> {
  const bySource = groupBy(probes.keys(), (index) => probes[index]?.from ?? '');
  const results: ProbeResult[] = [];
  const asking = [...bySource].map(async ([from, indexes]) => {
    const requests = indexes.map((index) => resolveProbe(pod, probes[index] as ProbeRequest));
    const answers = await askPod(pod(from), 'probe', { probes: requests });
    for (const [position, index] of indexes.entries()) results[index] = answers[position] as ProbeResult;
  });
  await Promise.all(asking);
  return results;
}

function resolveProbe(pod: (key: string) => PodState, probe: ProbeRequest): AddressProbe {
  const { protocol, port, timeoutMs = PROBE_TIMEOUT_MS } = probe;
  // An address never holds a slash, a pod's key always does.
  const address = probe.to.includes('/') ? addressOf(pod(probe.to), probe.family ?? 4) : probe.to;
  return { address, family: address.includes(':') ? 6 : 4, protocol, port, timeoutMs };
}
