/** Which packets would show that a kernel judges one side of an explanation as its policies do. */

import { formatAddress, isIPv4, type Address } from '../../model/ip.ts';
import { objectKey, type Pod } from '../../model/objects.ts';
import type { TestPacket } from '../../model/test-run.ts';
import { PROTOCOL_NUMBER, PROTOCOLS, type Protocol } from '../../model/verdict.ts';
import { LAST_PORT } from '../../policy/parse-ports.ts';
import { hasPort, type Ports } from '../../policy/ports.ts';
import type { PodClass } from '../model/audit-model.ts';
import { isOf, type AskedPort, type ExplainedSide, type Party } from './explain-pair.ts';

export interface LiveQuestion {
  readonly packet: TestPacket;
  /** Where the pod runs; undefined: the input does not say. */
  readonly node: string | undefined;
  /** By the policies. */
  readonly allowed: boolean;
}

export interface SideQuestions {
  readonly questions: readonly LiveQuestion[];
  readonly leftOut: number;
  /** Pods for which there is no question, and why. */
  readonly notAsked: readonly { readonly pod: string; readonly why: string }[];
}

/** Packets of one side. */
const MOST_QUESTIONS = 1000;
/** Of one protocol. */
const MOST_POINTS = 32;

/** Every pod of this side with every peer, as far as there is room, at the port that was asked about or where what is allowed begins and ends. */
export function questionsOf({ report, own, peer, port, family, ports }: ExplainedSide): SideQuestions {
  // No policy applies on a node's own network, so there is nothing that a kernel could deny.
  if (own.pod.hostNetwork) return { questions: [], leftOut: 0, notAsked: [] };
  const refusal = whyNot(own) ?? ('pods' in peer ? whyNot(peer.pods) : undefined);
  if (refusal !== undefined) return { questions: [], leftOut: 0, notAsked: [refusal] };
  const [pods, peers] = [runningPods(own), addressesOf(peer).filter((address) => family === undefined || isOf(family, address))];
  const points = port === undefined ? pointsOf(ports) : [port];
  const room = Math.max(1, Math.floor(MOST_QUESTIONS / Math.max(1, points.length)));
  const pairs = firstPairs(pods, peers, room);
  const questions = pairs.flatMap(({ pod, address }) =>
    points.map((point): LiveQuestion => ({
      packet: { pod: objectKey(pod), direction: report.direction, peer: formatAddress(address), ...point },
      node: pod.nodeName,
      allowed: hasPort(ports, PROTOCOL_NUMBER[point.protocol], point.port),
    })),
  );
  return { questions, leftOut: (countPairs(pods, peers) - pairs.length) * points.length, notAsked: [] };
}

function whyNot({ pod, workload, names }: PodClass): { readonly pod: string; readonly why: string } | undefined {
  const name = `${workload.namespace}/${workload.name}`;
  if (pod.hostNetwork) return { pod: name, why: "its pods have their nodes' addresses, from which more than pods may come" };
  return names.length === 0 ? { pod: name, why: 'the input has no pod of it that runs' } : undefined;
}

function runningPods({ workload, names }: PodClass): readonly Pod[] {
  const running = new Set(names);
  return workload.pods.filter(({ name, addresses }) => running.has(name) && addresses.length > 0);
}

function addressesOf(peer: Party): readonly Address[] {
  return 'pods' in peer ? runningPods(peer.pods).flatMap(({ addresses }) => addresses) : [peer.address];
}

interface Pair {
  readonly pod: Pod;
  readonly address: Address;
}

/** In rounds, so that the first ones hold every pod once before they hold any twice. */
function firstPairs(pods: readonly Pod[], peers: readonly Address[], most: number): Pair[] {
  const pairs: Pair[] = [];
  for (const round of peers.keys()) {
    for (const [index, pod] of pods.entries()) {
      const address = peers[(index + round) % peers.length];
      if (address === undefined || !canTalk(pod, address)) continue;
      if (pairs.length === most) return pairs;
      pairs.push({ pod, address });
    }
  }
  return pairs;
}

/** They have a family in common, and are not the same. */
function canTalk({ addresses }: Pod, peer: Address): boolean {
  return !addresses.includes(peer) && addresses.some((own) => isIPv4(own) === isIPv4(peer));
}

function countPairs(pods: readonly Pod[], peers: readonly Address[]): number {
  const all = new Set(peers);
  const v4 = peers.filter(isIPv4).length;
  let pairs = 0;
  for (const { addresses } of pods) {
    const has4 = addresses.some(isIPv4);
    const has6 = addresses.some((address) => !isIPv4(address));
    pairs += (has4 ? v4 : 0) + (has6 ? peers.length - v4 : 0) - addresses.filter((own) => all.has(own)).length;
  }
  return pairs;
}

/** The first and the last port, and both sides of each border between what is allowed and what is not. */
function pointsOf(ports: Ports): AskedPort[] {
  return PROTOCOLS.flatMap((protocol) =>
    bordersOf(ports, protocol)
      .slice(0, MOST_POINTS)
      .map((port) => ({ protocol, port })),
  );
}

function bordersOf(ports: Ports, protocol: Protocol): number[] {
  const ranges = ports === 'all' ? [] : ports[protocol];
  const points = [1, LAST_PORT, ...ranges.flatMap(({ first, last }) => [first - 1, first, last, last + 1])];
  return [...new Set(points)].filter((port) => port >= 1 && port <= LAST_PORT);
}
