/** Judges conformance cases by real packets between the pods of a lab. */

import { OUTSIDE_ANNOTATION } from '../../../src/lab/objects/raw-object.ts';
import { Lab } from '../../../src/lab/lab.ts';
import type { LabOptions, ProbeRequest, ProbeResult } from '../../../src/lab/types.ts';
import { podManifest } from '../../support/builders/manifests.ts';
import type { Manifest } from '../../support/builders/manifests.ts';
import { servingContainers, threeNamespaces } from '../../support/builders/three-namespaces.ts';
import type { Family, Probe } from '../case.ts';
import type { Answer, Judge, Look } from '../judge.ts';
import { probeCrafted } from '../packets/crafted-probe.ts';
import type { CraftedProbe, Place } from '../packets/crafted-probe.ts';

/** The pod that plays the `stranger`: a host on the nodes' wire, unknown to the cluster. */
const STRANGER_POD = 'outside/stranger';

/** How long a probe may be silent until it counts as denied. */
const TIMEOUT_MS = { first: 300, patient: 1000 } as const satisfies Record<Look, number>;

/** A lab asks this many at once; several such lots are under way together on the first look, and none waits for another's silence. */
const LOT = 200;

export interface PacketJudge extends Judge {
  close(): Promise<void>;
}

/** Brings up a lab with the world's pods. `close` takes it down. */
export async function createPacketJudge(options: Pick<LabOptions, 'name' | 'cni' | 'fabric' | 'enforce'>): Promise<PacketJudge> {
  const stranger = podManifest(STRANGER_POD, { annotations: { [OUTSIDE_ANNOTATION]: '7' }, containers: servingContainers() });
  const world = [...threeNamespaces().map(withoutStatus), stranger];
  const lab = await Lab.up({ ...options, objects: world });
  return {
    world,
    secondLookMs: 1000,
    addressOf: (actor, family) => placeOf(lab, actor, family).address,
    async apply(change) {
      if (change.delete.length > 0) await lab.delete(change.delete);
      if (change.apply.length > 0) await lab.apply(change.apply.map(withoutStatus));
    },
    probe: (probes, look = 'first') => probeAll(lab, probes, look),
    close: () => lab.down(),
  };
}

/** Where a pod runs and which addresses it has is the lab's to say. */
function withoutStatus({ status: _status, ...manifest }: Manifest): Manifest {
  return manifest;
}

async function probeAll(lab: Lab, probes: readonly Probe[], look: Look): Promise<readonly Answer[]> {
  const plain = probes.filter((probe) => !isCrafted(probe));
  const crafted = probes.filter(isCrafted);
  const askPlain = (): Promise<readonly Answer[]> => probePlain(lab, plain, look);
  const askCrafted = (): Promise<readonly Answer[]> =>
    probeCrafted(
      crafted.map((probe) => placed(lab, probe)),
      TIMEOUT_MS[look],
    );
  // A patient look asks one kind after the other: the pods' answers must not wait for anything else to be done.
  const [plainAnswers, craftedAnswers] =
    look === 'first' ? await Promise.all([askPlain(), askCrafted()]) : [await askPlain(), await askCrafted()];
  const answers = new Map<Probe, Answer | undefined>();
  for (const [index, probe] of plain.entries()) answers.set(probe, plainAnswers[index]);
  for (const [index, probe] of crafted.entries()) answers.set(probe, craftedAnswers[index]);
  return probes.map((probe) => answers.get(probe) ?? { outcome: 'trouble', detail: 'no answer' });
}

async function probePlain(lab: Lab, probes: readonly Probe[], look: Look): Promise<readonly Answer[]> {
  const requests = probes.map((probe) => requestOf(probe, TIMEOUT_MS[look]));
  const lots = Array.from({ length: Math.ceil(requests.length / LOT) }, (_, index) => requests.slice(index * LOT, (index + 1) * LOT));
  const results = look === 'first' ? (await Promise.all(lots.map((lot) => lab.probe(lot)))).flat() : await lab.probe(requests);
  return probes.map((probe, index) => answerOf(probe, results[index]));
}

function placed(lab: Lab, probe: Probe): CraftedProbe {
  return { probe, from: placeOf(lab, probe.from, probe.family), to: placeOf(lab, probe.to, probe.family) };
}

/** Pods' probers speak TCP and UDP only, and nodes have none. */
function isCrafted({ protocol, from, to }: Probe): boolean {
  return protocol === 'SCTP' || protocol === 'ICMP' || from.startsWith('node-') || to.startsWith('node-');
}

function requestOf({ from, to, protocol, port = 0, family }: Probe, timeoutMs: number): ProbeRequest {
  if (protocol === 'ICMP') throw new TypeError('ICMP has no prober');
  return { from: podOf(from), to: podOf(to), protocol, port, family, timeoutMs };
}

function answerOf(probe: Probe, result: ProbeResult | undefined): Answer {
  if (result?.outcome === 'timeout') return { outcome: 'deny' };
  if (result?.outcome !== 'open') return { outcome: 'trouble', detail: result?.outcome ?? 'no result' };
  if (result.answeredBy !== podOf(probe.to)) return { outcome: 'trouble', detail: `answered by ${result.answeredBy}` };
  return { outcome: 'allow' };
}

function podOf(actor: string): string {
  return actor === 'stranger' ? STRANGER_POD : actor;
}

function placeOf(lab: Lab, actor: string, family: Family): Place {
  const key = podOf(actor);
  const place = lab.pods().find((pod) => pod.key === key) ?? lab.nodes().find((node) => node.name === key);
  const address = place?.addresses.find((candidate) => candidate.includes(':') === (family === 6));
  if (place === undefined || address === undefined) throw new TypeError(`the lab has no ${actor} with an IPv${family} address`);
  return { netns: place.netns, address };
}
