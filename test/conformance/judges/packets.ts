/** Judges conformance cases by real packets between the pods of a lab. */

import { OUTSIDE_ANNOTATION } from '../../../src/lab/objects/raw-object.ts';
import { Lab } from '../../../src/lab/lab.ts';
import type { LabOptions, ProbeRequest, ProbeResult } from '../../../src/lab/types.ts';
import { podManifest } from '../../support/builders/manifests.ts';
import type { Manifest } from '../../support/builders/manifests.ts';
import { servingContainers, threeNamespaces } from '../../support/builders/three-namespaces.ts';
import type { Family, Probe } from '../case.ts';
import type { Answer, Judge, Look } from '../judge.ts';
import { podServicePlace } from '../pod-services.ts';
import { podOf, STRANGER_POD } from './lab-pods.ts';
import { probeServices } from './probe-services.ts';
import { CraftedProber } from '../packets/crafted-probe.ts';
import type { CraftedProbe, Place } from '../packets/crafted-probe.ts';

/** How long a probe may be silent until it counts as denied. */
const TIMEOUT_MS = { first: 300, patient: 1000 } as const satisfies Record<Look, number>;

/** Seconds for which a node remembers a closed connection. */
const TIME_WAIT = '/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait';

/** What decides to whom a node rewrites. */
const CHOICES: readonly string[] = ['Service', 'EndpointSlice', 'Pod'];

export interface PacketJudge extends Judge {
  close(): Promise<void>;
}

/** Brings up a lab with the world's pods, over what a killed run left of it. `close` takes it down. */
export async function createPacketJudge(
  options: Pick<LabOptions, 'cni' | 'fabric' | 'enforce'> & { readonly name: string },
): Promise<PacketJudge> {
  const stranger = podManifest(STRANGER_POD, { annotations: { [OUTSIDE_ANNOTATION]: '7' }, containers: servingContainers() });
  const world = [...threeNamespaces().map(withoutStatus), stranger];
  await Lab.remove(options.name);
  const lab = await Lab.up({ ...options, objects: world });
  // Where nodes track connections, closed ones would gather, a hundred thousand in two minutes.
  for (const { name } of lab.nodes()) await lab.nodeExec(name, ['sh', '-c', `echo 5 > ${TIME_WAIT}`]);
  const prober = new CraftedProber();
  return {
    world,
    secondLookMs: 1000,
    addressOf: (actor, family) => placeOf(lab, actor, family).address,
    async apply(change) {
      if (change.delete.length > 0) await lab.delete(change.delete);
      if (change.apply.length > 0) await lab.apply(change.apply.map(withoutStatus));
      const chooses = [...change.apply, ...change.delete].some(({ kind }) => CHOICES.includes(kind as string));
      if (chooses && lab.services().length > 0) await forgetFlows(lab);
    },
    probe: (probes, look = 'first') => probeAll(lab, prober, probes, look),
    close: () => {
      prober.close();
      return lab.down();
    },
  };
}

/** Where a pod runs and which addresses it has is the lab's to say. */
function withoutStatus(manifest: Manifest): Manifest {
  if (manifest['kind'] !== 'Pod') return manifest;
  const { status: _status, ...rest } = manifest;
  return rest;
}

/**
 * A node sends what has the ports of an unanswered SYN, or of a datagram, to where it sent that one, for two minutes; and a client soon uses a port
 * again. A new choice is to be seen.
 */
async function forgetFlows(lab: Lab): Promise<void> {
  await Promise.all(lab.nodes().map(({ name }) => lab.nodeExec(name, ['conntrack', '--flush'])));
}

async function probeAll(lab: Lab, prober: CraftedProber, probes: readonly Probe[], look: Look): Promise<readonly Answer[]> {
  const { plain = [], crafted = [], service = [] } = Object.groupBy(probes, wayOf);
  const ways: readonly (readonly [readonly Probe[], () => Promise<readonly Answer[]>])[] = [
    [plain, () => probePlain(lab, plain, look)],
    [
      crafted,
      () =>
        prober.probe(
          crafted.map((probe) => placed(lab, probe)),
          TIMEOUT_MS[look],
        ),
    ],
    [service, () => probeServices(lab, service, TIMEOUT_MS[look])],
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

async function probePlain(lab: Lab, probes: readonly Probe[], look: Look): Promise<readonly Answer[]> {
  const results = await lab.probe(probes.map((probe) => requestOf(probe, TIMEOUT_MS[look])));
  return probes.map((probe, index) => answerOf(probe, results[index]));
}

/** By Service the packet is sent to the Service's place, and awaited in the pod. */
function placed(lab: Lab, probe: Probe): CraftedProbe {
  const [from, to] = [placeOf(lab, probe.from, probe.family), placeOf(lab, probe.to, probe.family)];
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

function placeOf(lab: Lab, actor: string, family: Family): Place {
  const key = podOf(actor);
  const place = lab.pods().find((pod) => pod.key === key) ?? lab.nodes().find((node) => node.name === key);
  const address = place?.addresses.find((candidate) => candidate.includes(':') === (family === 6));
  if (place === undefined || address === undefined) throw new TypeError(`the lab has no ${actor} with an IPv${family} address`);
  return { netns: place.netns, address };
}
