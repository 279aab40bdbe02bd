/** Knocks at Services, often enough to meet each of their backends. */

import type { ProbeRequest, ProbeResult } from '../../../src/lab/types.ts';
import type { Probe, ServiceTarget } from '../case.ts';
import type { Answer } from '../judge.ts';
import { podOf } from './lab-pods.ts';
import type { PacketWorld } from './probe-packets.ts';

/** The proxy throws dice: one of two backends is missed by all tries once in eight million. */
const TRIES = 24;

/** Answers in the order of the probes, each of which has a Service. */
export async function probeServices(
  world: Pick<PacketWorld, 'probe'>,
  probes: readonly Probe[],
  timeoutMs: number,
): Promise<readonly Answer[]> {
  const requests = probes.map((probe) => requestOf(probe, probe.service as ServiceTarget, timeoutMs));
  // Knocks at one moment would find no backend that is kept yet.
  await world.probe(requests.filter((_, index) => probes[index]?.service?.sticky === true));
  const results = await world.probe(requests.flatMap((request) => Array.from({ length: TRIES }, () => request)));
  return probes.map((_, index) => sumUp(results.slice(index * TRIES, (index + 1) * TRIES)));
}

function requestOf({ from, protocol, port = 0, family }: Probe, service: ServiceTarget, timeoutMs: number): ProbeRequest {
  if (protocol === 'ICMP') throw new TypeError('a Service has no ICMP');
  return { from: podOf(from), to: service.addresses[family === 4 ? 0 : 1], protocol, port, family, timeoutMs };
}

function sumUp(results: readonly ProbeResult[]): Answer {
  const by = [...new Set(results.map(({ answeredBy }) => answeredBy).filter((backend) => backend !== undefined))].toSorted();
  const outcomes = [...new Set(results.map(({ outcome }) => outcome))].toSorted().join(' ');
  switch (outcomes) {
    case 'open':
      return { outcome: 'allow', by };
    case 'timeout':
      return { outcome: 'deny' };
    case 'open timeout':
      return { outcome: 'some', by };
    case 'refused':
      return { outcome: 'refuse' };
    default:
      return { outcome: 'trouble', by, detail: outcomes };
  }
}
