/** What the kernel would do with packets that somebody asks about: they are tried on the programs at the pods' interfaces, and nobody is told of them. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Compiler } from '../compiler/compiler.ts';
import type { Datapath } from '../datapath/port.ts';
import { PosternError } from '../model/error.ts';
import { isIPv4, parseAddress } from '../model/ip.ts';
import { choiceAt, isRecord, portAt, recordsAt, textAt, type JsonRecord } from '../model/decode/fields.ts';
import type { PacketEvent } from '../model/packet-event.ts';
import type { TestAnswer, TestAnswers, TestPacket } from '../model/test-run.ts';
import { DIRECTIONS, PROTOCOL_NUMBER, PROTOCOLS } from '../model/verdict.ts';
import type { Interfaces } from './interfaces.ts';

export interface TestRunParts {
  readonly node: string;
  readonly compiler: Compiler;
  readonly datapath: Pick<Datapath, 'testRun'>;
  readonly interfaces: Pick<Interfaces, 'bound'>;
}

/** In one question. */
export const MOST_PACKETS = 10_000;
/** Between which the agent looks after other things. */
const RUNS_IN_ONE_PIECE = 200;
/** Within this the kernel has told of a packet what it tells. */
const TOLD_WITHIN_MS = 10_000;

export class TestRuns {
  readonly #parts: TestRunParts;
  /** What the kernel may still tell of, until then. */
  readonly #own = new Set<string>();
  #until = 0;
  readonly #now: () => number;

  constructor(parts: TestRunParts, now: () => number = () => performance.now()) {
    this.#parts = parts;
    this.#now = now;
  }

  /** `body` is `{"packets": […]}`. Throws `E_TEST_RUN` for one that is no question. */
  async answer(body: Buffer): Promise<TestAnswers> {
    const packets = parsePackets(body);
    const { node, compiler } = this.#parts;
    this.#forget();
    const answers: TestAnswer[] = [];
    for (const packet of packets) {
      answers.push(this.#try(packet));
      if (answers.length % RUNS_IN_ONE_PIECE === 0) await nextTurn();
    }
    return { node, enforcing: compiler.enforcement.own.on, answers };
  }

  /** The kernel tells of a packet that was tried, and that nobody has sent. */
  isOwn({ ifindex, direction, source, destination, protocol, sourcePort, destinationPort }: PacketEvent): boolean {
    this.#forget();
    if (this.#own.size === 0) return false;
    const peer = direction === 'egress' ? destination : source;
    return this.#own.has(endsOf(ifindex, direction, peer, protocol, sourcePort, destinationPort));
  }

  #try({ pod, direction, peer: text, protocol, port }: TestPacket): TestAnswer {
    const { compiler, datapath, interfaces } = this.#parts;
    const ifindex = interfaces.bound.get(pod)?.binding.ifindex;
    const addresses = compiler.cluster.pods.get(pod)?.addresses;
    if (ifindex === undefined || addresses === undefined) return { notRun: 'not-here' };
    const peer = parseAddress(text);
    const own = addresses.find((address) => isIPv4(address) === isIPv4(peer));
    if (own === undefined || own === peer) return { notRun: 'no-address' };
    const run = datapath.testRun(ifindex, { direction, own, peer, protocol, port });
    if (run === undefined) return { notRun: 'not-ours' };
    const { clientPort, ...answer } = run;
    this.#own.add(endsOf(ifindex, direction, peer, PROTOCOL_NUMBER[protocol], clientPort, port));
    this.#until = this.#now() + TOLD_WITHIN_MS;
    return answer;
  }

  #forget(): void {
    if (this.#own.size > 0 && this.#now() > this.#until) this.#own.clear();
  }
}

function endsOf(ifindex: number, direction: string, peer: bigint, protocol: number, sourcePort: number, destinationPort: number): string {
  return `${ifindex} ${direction} ${peer} ${protocol} ${sourcePort} ${destinationPort}`;
}

function parsePackets(body: Buffer): readonly TestPacket[] {
  try {
    const question: unknown = JSON.parse(body.toString('utf8'));
    const records = isRecord(question) ? recordsAt(question, 'packets', 'packets') : [];
    if (records.length > 0 && records.length <= MOST_PACKETS) return records.map(parsePacket);
  } catch (cause) {
    throw noQuestion(cause instanceof Error ? cause.message : String(cause), cause);
  }
  throw noQuestion(`it asks about no packet, or about more than ${MOST_PACKETS}`);
}

function parsePacket(record: JsonRecord, index: number): TestPacket {
  const path = (key: string): string => `packets[${index}].${key}`;
  const given = <Value>(key: string, value: Value | undefined): Value => {
    if (value === undefined) throw new Error(`${path(key)} is missing`);
    return value;
  };
  const peer = given('peer', textAt(record, 'peer', path('peer')));
  parseAddress(peer);
  return {
    pod: given('pod', textAt(record, 'pod', path('pod'))),
    direction: given('direction', choiceAt(record, 'direction', path('direction'), DIRECTIONS)),
    peer,
    protocol: given('protocol', choiceAt(record, 'protocol', path('protocol'), PROTOCOLS)),
    port: given('port', portAt(record, 'port', path('port'))),
  };
}

function noQuestion(why: string, cause?: unknown): PosternError {
  return new PosternError('E_TEST_RUN', `what is asked about packets cannot be read: ${why}`, {
    mend: 'write {"packets": [{"pod": "NAMESPACE/NAME", "direction": "ingress", "peer": "10.0.0.1", "protocol": "TCP", "port": 80}]}',
    cause,
  });
}
