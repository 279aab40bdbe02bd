/** A driver of the datapath port under test, and short words for what it is told and asked. */

import type { Datapath } from '../../../src/datapath/port.ts';
import { parseAddress, type Address } from '../../../src/model/ip.ts';
import {
  CONFIG_OPEN,
  PORT_SET_ALL,
  PORT_SET_NONE,
  type DirectionConfig,
  type EndpointConfig,
  type Operation,
  type PortRow,
  type PortSetRef,
} from '../../../src/model/plan.ts';
import type { Direction, Verdict } from '../../../src/model/verdict.ts';

/** The interface that a driver is asked about, and its pod's addresses. */
export const IFINDEX = 1;
export const POD = { ipv4: parseAddress('10.1.0.2'), ipv6: parseAddress('fd00:1::2') } as const;

export interface Driver {
  readonly datapath: Datapath;
  /** The verdict on an opening at IFINDEX: `port` is the destination's. */
  ask(direction: Direction, peer: Address, protocol: number, port: number): Verdict;
}

export const [TCP, UDP, SCTP] = [6, 17, 132];
export const PEER = parseAddress('10.2.0.7');
export const PEER6 = parseAddress('fd00:2::7');
export const STRANGER = parseAddress('203.0.113.9');
export const STRANGER6 = parseAddress('2001:db8::9');

export const ALL: PortSetRef = { portSet: PORT_SET_ALL, lengths: 0 };
export const NONE: PortSetRef = { portSet: PORT_SET_NONE, lengths: 0 };
const OPEN: DirectionConfig = { ruleset: 0, stranger: ALL, defaultVerdict: 'allow' };

export function row(port: number, length = 16, verdict: Verdict = 'allow', protocol = TCP): PortRow {
  return { protocol, port, length, verdict };
}

export function refOf(portSet: number, rows: readonly PortRow[]): PortSetRef {
  return { portSet, lengths: rows.reduce((bits, { length }) => bits | (1 << length), 0) };
}

export function isolated(ruleset: number, stranger: PortSetRef = NONE, defaultVerdict: Verdict = 'deny'): DirectionConfig {
  return { ruleset, stranger, defaultVerdict };
}

export class ContractStage {
  #driver: Driver | undefined;
  #nextId = CONFIG_OPEN + 1;
  #nextNumber = 100;

  async open(open: () => Promise<Driver>): Promise<void> {
    this.#driver = await open();
  }

  close(): void {
    this.#driver?.datapath.close();
  }

  get datapath(): Datapath {
    return this.#opened.datapath;
  }

  readonly apply = (...operations: readonly Operation[]): void => this.datapath.apply(operations);

  readonly ask = (peer: Address, port = 80, protocol = TCP, direction: Direction = 'ingress'): Verdict =>
    this.#opened.ask(direction, peer, protocol, port);

  /** Identities, rulesets and port sets of a test of its own. */
  readonly fresh = (): number => this.#nextNumber++;

  readonly configure = (directions: { readonly ingress?: DirectionConfig; readonly egress?: DirectionConfig }): Operation[] => {
    const id = this.#nextId++;
    const config: EndpointConfig = {
      endpoint: IFINDEX,
      counters: 1,
      ingress: directions.ingress ?? OPEN,
      egress: directions.egress ?? OPEN,
      ...POD,
      sourceCheck: true,
      held: false,
      takeOverUntil: 0n,
    };
    return [
      { op: 'put-config', id, config },
      { op: 'set-endpoint', ifindex: IFINDEX, word: { config: id, generation: id } },
    ];
  };

  get #opened(): Driver {
    if (this.#driver === undefined) throw new Error('no driver is open');
    return this.#driver;
  }
}
