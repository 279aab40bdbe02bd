/** A list of flows, read line by line: it may be larger than memory, and what is the same counts once with its number. */

import { decodeFlow, type ObservedFlow } from './decode-flow.ts';

export interface CountedFlow {
  readonly flow: ObservedFlow;
  readonly count: number;
}

export interface FlowList {
  /** As messages call it. */
  readonly name: string;
  readonly flows: readonly CountedFlow[];
  /** Numbers, from 1, of lines that are no flow. Empty lines are nothing. */
  readonly strangers: readonly number[];
  readonly ownNode: number;
  readonly otherDrops: number;
  /** Events of which only their number was told. */
  readonly suppressed: number;
}

/** `chunks` are UTF-8. */
export async function readFlows(name: string, chunks: AsyncIterable<Uint8Array>): Promise<FlowList> {
  const counts = new Map<string, { flow: ObservedFlow; count: number }>();
  const strangers: number[] = [];
  const tally = { ownNode: 0, otherDrops: 0, suppressed: 0 };
  let number = 0;
  for await (const line of readLines(chunks)) {
    number += 1;
    if (line.trim() === '') continue;
    const read = decodeFlow(line);
    switch (read.kind) {
      case 'flow': {
        const { direction, pod, peer, peerAddress, protocol, port, denied } = read.flow;
        const key = [direction, pod, peer, peerAddress, protocol, port, denied].join('\n');
        const known = counts.get(key);
        if (known === undefined) counts.set(key, { flow: read.flow, count: 1 });
        else known.count += 1;
        break;
      }
      case 'own node':
        tally.ownNode += 1;
        break;
      case 'other drop':
        tally.otherDrops += 1;
        break;
      case 'suppressed':
        tally.suppressed += read.count;
        break;
      case 'no flow':
        strangers.push(number);
        break;
    }
  }
  return { name, flows: [...counts.values()], strangers, ...tally };
}

async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  // Takes a byte order mark away, as PowerShell's redirections write it.
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
