/** Have each probe made by the process of the pod that it starts from, over one connection to each. */

import type { PodState } from '../state/lab-state.ts';
import { addressOf } from '../pods/pod-address.ts';
import { PodConnection } from '../pods/pod-connection.ts';
import type { AddressProbe } from '../pods/pod-protocol.ts';
import type { ProbeRequest, ProbeResult } from '../types.ts';
import { ProbePace } from './probe-pace.ts';

export const PROBE_TIMEOUT_MS = 300;

/** `pod` finds a pod by `namespace/name` or throws. Results in the order of the requests. */
export async function probePods(pod: (key: string) => PodState, probes: readonly ProbeRequest[]): Promise<readonly ProbeResult[]> {
  const requests = probes.map((probe) => resolveProbe(pod, probe));
  const sources = [...new Set(probes.map((probe) => probe.from))];
  const connections = new Map(sources.map((key) => [key, new PodConnection(pod(key))]));
  const pace = new ProbePace();
  try {
    return await Promise.all(
      probes.map(({ from }, index) =>
        pace.run(() => (connections.get(from) as PodConnection).ask('probe', { probe: requests[index] as AddressProbe })),
      ),
    );
  } finally {
    for (const connection of connections.values()) connection.close();
  }
}

function resolveProbe(pod: (key: string) => PodState, probe: ProbeRequest): AddressProbe {
  const { protocol, port, timeoutMs = PROBE_TIMEOUT_MS } = probe;
  // An address never holds a slash, a pod's key always does.
  const address = probe.to.includes('/') ? addressOf(pod(probe.to), probe.family ?? 4) : probe.to;
  return { address, family: address.includes(':') ? 6 : 4, protocol, port, timeoutMs };
}
