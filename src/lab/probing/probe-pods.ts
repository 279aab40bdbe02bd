/** Have each probe made by the process of the pod that it starts from, over one connection to each. */

import { routeFromOutside } from '../network/fabric.ts';
import { runBatch } from '../network/namespaces.ts';
import { addressOf, findPod } from '../pods/pod-address.ts';
import type { LabContext } from '../pods/lab-pods.ts';
import { PodConnection } from '../pods/pod-connection.ts';
import type { AddressProbe } from '../pods/pod-protocol.ts';
import { readServices } from '../services/lab-service.ts';
import { locateService } from '../services/service-address.ts';
import type { LabState, PodState } from '../state/lab-state.ts';
import type { LabNode, ProbeRequest, ProbeResult, ServiceProbe } from '../types.ts';
import { ProbePace } from './probe-pace.ts';

export const PROBE_TIMEOUT_MS = 300;

interface PlannedProbe {
  readonly from: PodState;
  readonly request: AddressProbe;
  /** Through which node the packets of a host outside go. */
  readonly through?: LabNode;
}

/** Results in the order of the probes. */
export async function probePods(lab: LabContext, probes: readonly (ProbeRequest | ServiceProbe)[]): Promise<readonly ProbeResult[]> {
  const state = lab.state.current;
  const services = probes.some(isServiceProbe) ? readServices(lab.cluster.list()) : [];
  const plans = probes.map((probe): PlannedProbe => {
    const from = findPod(state, probe.from);
    if (!isServiceProbe(probe)) return { from, request: hostRequest(state, probe) };
    const { protocol, family = 4, timeoutMs = PROBE_TIMEOUT_MS } = probe;
    const { address, port, via, node } = locateService(services, state.nodes, from, probe.to, protocol, family);
    const request = { address, family, protocol, port, timeoutMs };
    return from.outside && via !== 'nodePort' ? { from, request, through: node } : { from, request };
  });
  const results: ProbeResult[] = [];
  const [first] = state.nodes;
  for (const round of roundsOf(plans)) {
    const detours = [...round].flatMap((index) => plans[index] ?? []).filter(({ through }) => through !== undefined && through !== first);
    await setRoutes(detours, ({ through }) => through);
    for (const [index, result] of await probeRound(plans, round)) results[index] = result;
    await setRoutes(detours, () => first);
  }
  return results;
}

export function isServiceProbe(probe: ProbeRequest | ServiceProbe): probe is ServiceProbe {
  return typeof probe.to === 'object';
}

function hostRequest(state: LabState, probe: ProbeRequest): AddressProbe {
  const { protocol, port, timeoutMs = PROBE_TIMEOUT_MS } = probe;
  // An address never holds a slash, a pod's key always does.
  const address = probe.to.includes('/') ? addressOf(findPod(state, probe.to), probe.family ?? 4) : probe.to;
  return { address, family: address.includes(':') ? 6 : 4, protocol, port, timeoutMs };
}

/** A host can reach an address through one node at a time: probes through different ones are made one after the other. */
function roundsOf(plans: readonly PlannedProbe[]): readonly (readonly number[])[] {
  const rounds: number[][] = [[]];
  const ways: Map<string, LabNode>[] = [new Map()];
  for (const [index, { from, request, through }] of plans.entries()) {
    const way = `${from.key} ${request.address}`;
    const fits = (taken: ReadonlyMap<string, LabNode>): boolean => through === undefined || (taken.get(way) ?? through) === through;
    let round = ways.findIndex(fits);
    if (round < 0) {
      round = rounds.push([]) - 1;
      ways.push(new Map());
    }
    rounds[round]?.push(index);
    if (through !== undefined) ways[round]?.set(way, through);
  }
  return rounds;
}

async function setRoutes(plans: readonly PlannedProbe[], nodeOf: (plan: PlannedProbe) => LabNode | undefined): Promise<void> {
  const lines = new Map<string, Set<string>>();
  for (const plan of plans) {
    const node = nodeOf(plan);
    if (node === undefined) continue;
    const known = lines.get(plan.from.netns) ?? new Set();
    lines.set(plan.from.netns, known.add(routeFromOutside(plan.request.address, node)));
  }
  for (const [netns, routes] of lines) await runBatch([...routes], netns);
}

async function probeRound(plans: readonly PlannedProbe[], round: readonly number[]): Promise<readonly (readonly [number, ProbeResult])[]> {
  const connections = new Map<PodState, PodConnection>();
  const pace = new ProbePace();
  const ask = (index: number): Promise<ProbeResult> => {
    const { from, request } = plans[index] as PlannedProbe;
    const connection = connections.get(from) ?? new PodConnection(from);
    connections.set(from, connection);
    return connection.ask('probe', { probe: request });
  };
  try {
    return await Promise.all(round.map(async (index) => [index, await pace.run(() => ask(index))] as const));
  } finally {
    for (const connection of connections.values()) connection.close();
  }
}
