/** Asks the probes of cases by packets: by the pods' own processes where these can, else by hand-made packets. */

import type { ProbeRequest, ProbeResult } from '../../../src/lab/types.ts';
import type { Family, Probe } from '../case.ts';
import type { Answer, Look } from '../judge.ts';
import type { CraftedProbe, CraftedProber, Place } from '../packets/crafted-probe.ts';
import { podServicePlace } from '../pod-services.ts';
import { podOf } from './lab-pods.ts';
import { probeServices } from './probe-services.ts';

/** How long a probe may be silent until it counts as denied. */
const TIMEOUT_MS = { first: 300, patient: 1000 } as const satisfies Record<Look, number>;

/** Where packets run: a lab, or a cluster. */
export interface PacketWorld {
  readonly prober: CraftedProber;
  /** By the pods' processes; results in the order of the requests. */
  probe(requests: readonly ProbeRequest[]): Promise<readonly ProbeResult[]>;
  placeOf(actor: string, family: Family): Place;
}

/** Answers in the order of the probes. */
export async function probePackets(world: PacketWorld, probes: readonly Probe[], look: Look): Promise<readonly Answer[]> {
  const { plain = [], crafted = [], service = [] } = Object.groupBy(probes, wayOf);
  const ways: readonly (readonly [readonly Probe[], () => Promise<readonly Answer[]>])[] = [
    [plain, () => probePlain(world, plain, look)],
    [
      crafted,
      () =>
        world.prober.probe(
          crafted.map((probe) => placed(world, probe)),
          TIMEOUT_MS[look],
        ),
    ],
    [service, () => probeServices(world, service, TIMEOUT_MS[look])],
  ];
  const answers = new Map<Probe, Answer | undefined>();
  const ask = async ([asked, askAll]: (typeof ways)[number]): Promise<void> => {
    const found = await askAll();
    for (const [index, probe] of asked.entries()) answers.set(probe, found[index]);
  };
  if (look === 'first') await Promise.all(ways.map(ask));
  // One kind after the other: the pods' answers must not wait for anything else to be done.
  else for (const way of ways) await ask(way);
  return probes.map((probe) => answers.get(probe) ?? { outcome: 'trouble', detail: 'no answer' });
}

async function probePlain(world: PacketWorld, probes: readonly Probe[], look: Look): Promise<readonly Answer[]> {
  const results = await world.probe(probes.map((probe) => requestOf(probe, TIMEOUT_MS[look])));
  return probes.map((probe, index) => answerOf(probe, results[index]));
}

/** By Service the packet is sent to the Service's place, and awaited in the pod. */
function placed(world: PacketWorld, probe: Probe): CraftedProbe {
  const [from, to] = [world.placeOf(probe.from, probe.family), world.placeOf(probe.to, probe.family)];
  if (probe.byService !== true) return { probe, from, to };
  const { address, port } = podServicePlace(probe);
  return { probe: { ...probe, port }, from, to: { ...to, address } };
}

/** Pods' probers speak TCP and UDP only, and nodes have none. */
function wayOf({ protocol, from, to, service }: Probe): 'plain' | 'crafted' | 'service' {
  if (service !== undefined) return 'service';
  return protocol === 'SCTP' || protocol === 'ICMP' || from.startsWith('node-') || to.startsWith('node-') ? 'crafted' : 'plain';
}

function requestOf(probe: Probe, timeoutMs: number): ProbeRequest {
  const { from, to, protocol, port = 0, family } = probe;
  if (protocol === 'ICMP') throw new TypeError('ICMP has no prober');
  const place = probe.byService === true ? podServicePlace(probe) : { address: podOf(to), port };
  return { from: podOf(from), to: place.address, protocol, port: place.port, family, timeoutMs };
}

function answerOf(probe: Probe, result: ProbeResult | undefined): Answer {
  if (result?.outcome === 'timeout') return { outcome: 'deny' };
  if (result?.outcome !== 'open') return { outcome: 'trouble', detail: result?.outcome ?? 'no result' };
  if (result.answeredBy !== podOf(probe.to)) return { outcome: 'trouble', detail: `answered by ${result.answeredBy}` };
  return { outcome: 'allow' };
}
