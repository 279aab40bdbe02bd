/** Takes packet events from the kernel, gives them names, logs the drops, and hands all of them on. */

import type { Logger } from 'pino';
import type { Compiler } from '../compiler/compiler.ts';
import type { Datapath } from '../datapath/port.ts';
import { nameEvent, type NamedEvent } from './drop-log.ts';
import type { Interfaces } from './interfaces.ts';
import { isAnswer } from './is-answer.ts';
import { PeerNames } from './peer-names.ts';
import type { TestRuns } from './test-runs.ts';

export interface PacketNewsOptions {
  readonly node: string;
  readonly compiler: Compiler;
  readonly datapath: Datapath;
  readonly interfaces: Interfaces;
  readonly testRuns: Pick<TestRuns, 'isOwn'>;
  readonly log: Logger;
}

export class PacketNews {
  readonly #options: PacketNewsOptions;
  readonly #peers: PeerNames;
  #received = 0;

  constructor(options: PacketNewsOptions) {
    this.#options = options;
    this.#peers = new PeerNames(options.compiler);
  }

  /** Events that the kernel has told since the start. */
  get received(): number {
    return this.#received;
  }

  listen(publish: (events: readonly NamedEvent[]) => void): void {
    const { node, compiler, datapath, interfaces, testRuns, log } = this.#options;
    datapath.listen((told) => {
      const events = told.filter((event) => !testRuns.isOwn(event));
      this.#received += events.length;
      const words = { node, compiler, peers: this.#peers, bootTime: bootTime() };
      const named = events.filter((event) => !isAnswer(event)).map((event) => nameEvent(event, interfaces.podAt(event.ifindex), words));
      for (const event of named) {
        const { time, ...rest } = event;
        if (event.verdict !== 'allow') log.info({ event: 'drop', seen: time, ...rest }, sentence(event));
      }
      publish(named);
    });
  }
}

function sentence({ direction, pod, peer, protocol, port, text, policies, verdict }: NamedEvent): string {
  const [from, to] = direction === 'ingress' ? [peer, pod] : [pod, peer];
  const by = policies.length > 0 ? ` (${policies.join(', ')})` : '';
  return `${verdict === 'deny' ? 'dropped' : verdict} ${from} → ${to} ${protocol}${port === 0 ? '' : `/${port}`} at ${direction}: ${text}${by}`;
}

/** Milliseconds since the epoch at CLOCK_MONOTONIC 0, read anew each time: the wall clock may be set. */
function bootTime(): number {
  return Date.now() - Number(process.hrtime.bigint() / 1_000_000n);
}
