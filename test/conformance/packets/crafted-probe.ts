/** Probes by hand-made opening packets, for what the pods' own probers cannot send: SCTP, ICMP, and anything from or to a node. */

import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { concat, u16, u32, wireAddress } from '../../support/builders/bytes.ts';
import type { Segment } from '../../support/builders/frames.ts';
import { echo, echo6, sctp, tcp, udp } from '../../support/builders/segments.ts';
import type { Probe } from '../case.ts';
import type { Answer } from '../judge.ts';

/** Where a packet starts or ends: a network namespace by its name in /run/netns or by its path, and an address in it. */
export interface Place {
  readonly netns: string;
  readonly address: string;
}

export interface CraftedProbe {
  readonly probe: Probe;
  readonly from: Place;
  readonly to: Place;
}

const SENDER = fileURLToPath(new URL('send-crafted.py', import.meta.url));
const MARKER_BYTES = 8;

/** The process that sends and listens, in whichever namespaces it is told to; it lives until `close`. */
export class CraftedProber {
  readonly #child = spawn('python3', [SENDER], { stdio: ['pipe', 'pipe', 'pipe'] });
  readonly #complaint = text(this.#child.stderr);
  readonly #replies = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  #last: Promise<unknown> = Promise.resolve();

  constructor() {
    // A process that cannot be started, or has ended, is told of when it does not answer.
    for (const emitter of [this.#child, this.#child.stdin]) emitter.on('error', () => undefined);
  }

  /** Answers in the order of the probes. `deny`: the packet had not arrived after `waitMs`. One call after the other. */
  probe(probes: readonly CraftedProbe[], waitMs = 300): Promise<readonly Answer[]> {
    if (probes.length === 0) return Promise.resolve([]);
    const answer = this.#last.then(() => this.#ask(probes, waitMs));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  close(): void {
    this.#child.stdin.end();
  }

  async #ask(probes: readonly CraftedProbe[], waitMs: number): Promise<readonly Answer[]> {
    this.#child.stdin.write(`${JSON.stringify({ sends: probes.map(craft), waitMs })}\n`);
    const reply = await this.#replies.next();
    if (reply.done === true) throw new Error(`the sender of crafted packets has ended: ${await this.#complaint}`);
    return (JSON.parse(reply.value) as readonly Arrival[]).map(({ arrived, error }): Answer => {
      if (error !== null) return { outcome: 'trouble', detail: error };
      return { outcome: arrived ? 'allow' : 'deny' };
    });
  }
}

interface Arrival {
  readonly arrived: boolean;
  readonly error: string | null;
}

interface Send {
  readonly from: string;
  readonly to: string;
  readonly family: number;
  readonly protocol: number;
  readonly source: string;
  readonly destination: string;
  readonly data: string;
  readonly marker: string;
}

function craft({ probe, from, to }: CraftedProbe): Send {
  const marker = randomBytes(MARKER_BYTES);
  const segment = openingOf(probe, marker);
  const data = segment.bytes({ source: wireAddress(from.address), destination: wireAddress(to.address) });
  return {
    from: from.netns,
    to: to.netns,
    family: probe.family,
    protocol: segment.protocol,
    source: from.address,
    destination: to.address,
    data: Buffer.from(data).toString('hex'),
    marker: marker.toString('hex'),
  };
}

/** A new source port or id each time: no probe is taken for a part of an earlier one's flow. */
function openingOf({ protocol, port = 0, family }: Probe, marker: Uint8Array): Segment {
  const ports = { source: randomInt(20000, 60000), destination: port };
  switch (protocol) {
    case 'TCP':
      return tcp({ ...ports, data: marker });
    case 'UDP':
      return udp({ ...ports, data: marker });
    case 'SCTP':
      // The marker stands for the initiate tag and the receiver window; after it streams and the first sequence number.
      return sctp({ ...ports, data: concat(marker, u16(1), u16(1), u32(1)) });
    case 'ICMP': {
      const options = { id: randomInt(1, 0xffff), data: marker };
      return family === 4 ? echo(options) : echo6(options);
    }
  }
}
