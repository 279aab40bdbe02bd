/** Flows of allowed and of denied clients while something happens, and what became of them: packets that were lost, and packets that got through. */

import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { waitFor } from './eventually.ts';
import type { PacketCounts } from './packet-counter.ts';
import type { StreamReport } from './traffic-protocol.ts';
import { TALK_PORT, TCP_PORT, UDP_PORT, type WorldPod } from './world.ts';

/** What it takes to be a client or a server. */
export type StreamPod = Pick<WorldPod, 'name' | 'v4' | 'v6' | 'traffic' | 'packets'>;

type Kind = keyof typeof PORT_OF;

/**
 * `allowed`: all the time. `denied`: all the time. `doomed`: open, until it is cut. `surviving`: allowed, and may lose packets for a while, but goes on.
 */
type Fate = 'allowed' | 'denied' | 'doomed' | 'surviving';

interface Flow {
  readonly fate: Fate;
  readonly from: StreamPod;
  readonly to: StreamPod;
  readonly stream: Kind;
  readonly ipv6: boolean;
}

interface Running extends Flow {
  readonly name: string;
  /** Packets of before. */
  readonly base: Tally;
}

interface Tally {
  readonly sent: number;
  readonly lost: number;
  /** Of the client's packets, those that reached the server. */
  readonly through: number;
}

export interface TrafficCounts {
  readonly allowed: { readonly packets: number; readonly lost: number };
  /** Since the cut, for what was doomed. */
  readonly denied: { readonly packets: number; readonly through: number };
  /** Connections, datagrams and numbers that did not do what their fate is, in words. */
  readonly troubles: readonly string[];
}

const DENIED_MS = 200;
const SETTLE_MS = 5000;
/** For streams to open, and to have been at it. */
const OPENING_MS = 150;
/** What is on its way arrives in less, however busy the processes are that still say goodbye; a lost packet never does. */
const ARRIVAL_MS = 15_000;
/** That there was traffic at all. */
const LEAST_SENT = 5;
/** In which segments would come that wait for those that they answer. */
const QUIET_STEP_MS = 20;
const SAME_READINGS = 3;
const LONGEST_UNREST_MS = 1000;

export const EVERY_STREAM: readonly Kind[] = ['connections', 'talk', 'datagrams'];
const PORT_OF = { connections: TCP_PORT, talk: TALK_PORT, datagrams: UDP_PORT } as const;

export class Streams {
  readonly #running: Running[] = [];
  #cut: ReadonlyMap<Running, Tally> | undefined;
  #count = 0;

  /** Over both families: new connections, one on which both sides talk, and datagrams, each every 20 ms. */
  async allow(from: StreamPod, to: StreamPod, streams = EVERY_STREAM): Promise<void> {
    await this.#startAll('allowed', from, to, streams);
  }

  async deny(from: StreamPod, to: StreamPod): Promise<void> {
    await this.#startAll('denied', from, to);
  }

  /** Flows that are open now and will be cut. */
  async doom(from: StreamPod, to: StreamPod, streams = EVERY_STREAM): Promise<void> {
    await this.#startAll('doomed', from, to, streams);
  }

  /** Flows that may lose packets for a while: they must be alive at the end, and their connections whole. */
  async endure(from: StreamPod, to: StreamPod): Promise<void> {
    await this.#startAll('surviving', from, to, ['talk', 'datagrams']);
  }

  /** Returns when everything that was started runs; throws where what is not denied does not open. */
  async begin(): Promise<void> {
    await sleep(OPENING_MS);
    const open = this.#running.filter(({ fate }) => fate !== 'denied');
    await waitFor(() => {
      const read = readOnce();
      return open.every((flow) => tally(flow, read).through > flow.base.through);
    });
  }

  /** What was doomed is denied from here on. */
  cut(): void {
    const read = readOnce();
    this.#cut = new Map(this.#running.filter(({ fate }) => fate === 'doomed').map((flow) => [flow, tally(flow, read)]));
  }

  /** Stops everything. */
  async stop(): Promise<TrafficCounts> {
    const reports = await Promise.all(this.#running.map(async (flow) => ({ flow, report: await flow.from.traffic.stop(flow.name) })));
    const allowed = this.#running.filter(({ fate }) => fate === 'allowed');
    const deadline = performance.now() + ARRIVAL_MS;
    let arrived = this.#since(allowed);
    while (arrived.some(({ lost }) => lost !== 0) && performance.now() < deadline) {
      await sleep(20);
      arrived = this.#since(allowed);
    }
    const denied = this.#since(this.#running.filter(({ fate }) => fate === 'denied' || fate === 'doomed'));
    const doomed = this.#running.filter(({ fate }) => fate === 'doomed');
    await Promise.all(doomed.map(({ from, to }) => to.traffic.ask({ op: 'forget', peers: [from.v4, from.v6] })));
    return {
      allowed: { packets: sum(arrived.map(({ sent }) => sent)), lost: sum(arrived.map(({ lost }) => lost)) },
      denied: { packets: sum(denied.map(({ sent }) => sent)), through: sum(denied.map(({ through }) => through)) },
      troubles: [
        ...reports.flatMap(({ flow, report }) => findTrouble(flow, report).map((trouble) => `${describe(flow)}: ${trouble}`)),
        ...arrived.flatMap(({ lost }, index) => (lost === 0 ? [] : [`${describe(allowed[index]!)}: ${lost} packets lost`])),
      ],
    };
  }

  /** No packet of an allowed flow was lost, and none of a denied one got through. */
  async expectUntouched(): Promise<TrafficCounts> {
    const counts = await this.stop();
    const { allowed, denied, troubles } = counts;
    expect({ lost: allowed.lost, through: denied.through, troubles }).toEqual({ lost: 0, through: 0, troubles: [] });
    return counts;
  }

  #since(flows: readonly Running[]): Tally[] {
    const read = readOnce();
    return flows.map((flow) => subtract(tally(flow, read), this.#cut?.get(flow) ?? flow.base));
  }

  async #startAll(fate: Fate, from: StreamPod, to: StreamPod, streams: readonly Kind[] = EVERY_STREAM): Promise<void> {
    const flows = streams.flatMap((stream) => [false, true].map((ipv6) => ({ fate, from, to, stream, ipv6 })));
    const bases = await readQuiet(flows);
    for (const [index, flow] of flows.entries()) {
      const { stream, ipv6 } = flow;
      this.#count += 1;
      const name = `${describe(flow)} ${this.#count}`;
      this.#running.push({ ...flow, name, base: bases[index]! });
      const timeout = fate === 'allowed' || fate === 'surviving' ? SETTLE_MS : DENIED_MS;
      await from.traffic.start(name, stream, ipv6 ? to.v6 : to.v4, PORT_OF[stream], timeout);
    }
  }
}

/** One look at each pod's counters. */
function readOnce(): (pod: StreamPod) => PacketCounts {
  const read = new Map<StreamPod, PacketCounts>();
  return (pod) => {
    const counts = read.get(pod) ?? pod.packets.read();
    read.set(pod, counts);
    return counts;
  };
}

/**
 * The pods' counters are read one after the other, so nothing may be on its way between them: connections of before have had their last words. Where
 * streams of the same pods run already, it is never quiet.
 */
async function readQuiet(flows: readonly Flow[]): Promise<Tally[]> {
  const readAll = (): Tally[] => {
    const read = readOnce();
    return flows.map((flow) => tally(flow, read));
  };
  const deadline = performance.now() + LONGEST_UNREST_MS;
  let before = readAll();
  for (let same = 0; same < SAME_READINGS && performance.now() < deadline;) {
    await sleep(QUIET_STEP_MS);
    const now = readAll();
    same = isDeepStrictEqual(now, before) ? same + 1 : 0;
    before = now;
  }
  return before;
}

function tally({ from, to, stream, ipv6 }: Flow, read: (pod: StreamPod) => PacketCounts): Tally {
  const [client, server] = ipv6 ? [from.v6, to.v6] : [from.v4, to.v4];
  const protocol = stream === 'datagrams' ? 'udp' : 'tcp';
  const port = PORT_OF[stream];
  const requests = read(from).get('sent-requests', server, protocol, port);
  const through = read(to).get('heard-requests', client, protocol, port);
  const answers = read(to).get('sent-answers', client, protocol, port);
  const answered = read(from).get('heard-answers', server, protocol, port);
  return { sent: requests + answers, lost: requests + answers - through - answered, through };
}

function subtract(after: Tally, before: Tally): Tally {
  return { sent: after.sent - before.sent, lost: after.lost - before.lost, through: after.through - before.through };
}

function findTrouble({ fate, stream }: Flow, { sent, answered, closed, silent }: StreamReport): string[] {
  const few = sent < LEAST_SENT && !(fate !== 'allowed' && stream === 'talk') ? [`only ${sent} sent`] : [];
  switch (fate) {
    case 'allowed':
      return [...few, ...(answered === sent && !closed ? [] : [`${answered} of ${sent} answered${closed ? ', closed' : ''}`])];
    case 'denied':
      return [...few, ...(answered === 0 ? [] : [`${answered} answered`])];
    case 'doomed':
      return [...few, ...(answered > 0 ? [] : ['never answered']), ...(answered < sent || closed ? [] : ['never cut'])];
    case 'surviving':
      return [...few, ...(closed || silent > 1 ? [`${answered} of ${sent} answered${closed ? ', closed' : ''}, not at the end`] : [])];
  }
}

function describe({ from, to, stream, ipv6 }: Flow): string {
  return `${from.name} → ${to.name} ${stream} ${ipv6 ? 'IPv6' : 'IPv4'}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
