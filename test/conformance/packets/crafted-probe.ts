/** Probes by hand-made opening packets, for what the pods' own probers cannot send: SCTP, ICMP, and anything from or to a node. */

import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { concat, u16, u32, wireAddress } from '../../support/builders/bytes.ts';
import type { Segment } from '../../support/builders/frames.ts';
import { echo, echo6, sctp, tcp, udp } from '../../support/builders/segments.ts';
import type { Probe } from '../case.ts';
import type { Answer } from '../judge.ts';

/** Where a packet starts or ends: a network namespace by its name in /run/netns, and an address in it. */
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

/** Answers in the order of the probes. `deny`: the packet had not arrived after `waitMs`. */
export async function probeCrafted(probes: readonly CraftedProbe[], waitMs = 300): Promise<readonly Answer[]> {
  if (probes.length === 0) return [];
  const results = await runSender({ sends: probes.map(craft), waitMs });
  return results.map(({ arrived, error }): Answer => {
    if (error !== null) return { outcome: 'trouble', detail: error };
    return { outcome: arrived ? 'allow' : 'deny' };
  });
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

async function runSender(request: {
  readonly sends: readonly Send[];
  readonly waitMs: number;
}): Promise<readonly { readonly arrived: boolean; readonly error: string | null }[]> {
  const child = spawn('python3', [SENDER], { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  child.stdin.end(JSON.stringify(request));
  const [output, complaint, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(`the sender of crafted packets ended with ${code}: ${complaint}`);
  return JSON.parse(output) as readonly { readonly arrived: boolean; readonly error: string | null }[];
}
