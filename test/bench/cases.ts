/** What is measured: kinds of packets, with the goal for each. */

import { CONFIG_OPEN } from '../../src/model/plan.ts';
import { ethernet, ipv4, ipv6 } from '../support/builders/frames.ts';
import { tcp, udp } from '../support/builders/segments.ts';
import { ISOLATED, PEERS, POD, POD6, UNISOLATED } from './world.ts';

export interface Variation {
  readonly portOffset?: number;
  readonly portMask?: number;
  readonly peerOffset?: number;
  readonly peerMask?: number;
  readonly sequential?: boolean;
}

export interface Case {
  readonly name: string;
  /** Upper limit in nanoseconds above the base. */
  readonly goal: number | undefined;
  /** `anchor`: the least that such a packet can cost, of the driver's object. */
  readonly program: 'from_pod' | 'to_pod' | 'anchor';
  readonly frame: Uint8Array;
  readonly word: { readonly config: number; readonly generation: number };
  readonly vary?: Variation;
  /** Run before it is measured, so that its flows are there. */
  readonly warm?: number;
  readonly repeat?: number;
  /** In the world of very many policies. */
  readonly many?: boolean;
  /** Begin with an empty conntrack table. */
  readonly empty?: boolean;
  readonly passes: boolean;
}

/* Frames. Ethernet 14, IPv4 20, IPv6 40 bytes. */

const PEER = '10.128.0.1';
const out4 = (segment: Parameters<typeof ipv4>[1], destination = PEER): Uint8Array =>
  ethernet({}, ipv4({ source: POD, destination }, segment));
const in4 = (segment: Parameters<typeof ipv4>[1], source = PEER): Uint8Array => ethernet({}, ipv4({ source, destination: POD }, segment));
const payload = new Uint8Array(32);
const ack = (source: number, destination: number): Parameters<typeof ipv4>[1] =>
  tcp({ source, destination, flags: ['ack'], data: payload });
const syn = (source: number, destination: number): Parameters<typeof ipv4>[1] => tcp({ source, destination, flags: ['syn'] });

const OPEN_WORD = { config: CONFIG_OPEN, generation: 7 };
const UNISOLATED_WORD = { config: UNISOLATED, generation: 7 };
const ISOLATED_WORD = { config: ISOLATED, generation: 7 };
/** Source port of an IPv4 or IPv6 segment, and the last four bytes of the destination or source. */
const AT = { sport4: 34, dport4: 36, sport6: 54, source4: 26, destination4: 30 };

const newFlow = out4(udp({ source: 40000, destination: 53, data: payload }));
const ALWAYS_NEW: Variation = { portOffset: AT.sport4, portMask: 0x7fff, peerOffset: AT.destination4, peerMask: 0xff, sequential: true };

export const CASES: readonly Case[] = [
  {
    name: 'anchor: least established flow, IPv4',
    goal: undefined,
    program: 'anchor',
    frame: out4(ack(40000, 80)),
    word: OPEN_WORD,
    warm: 2,
    passes: true,
  },
  {
    name: 'anchor: the same, 4,096 flows',
    goal: undefined,
    program: 'anchor',
    frame: out4(ack(40000, 80)),
    word: OPEN_WORD,
    vary: { portOffset: AT.sport4, portMask: 0xfff },
    warm: 60_000,
    passes: true,
  },
  { name: 'no policy in the cluster, out', goal: 2, program: 'from_pod', frame: out4(ack(40000, 80)), word: OPEN_WORD, passes: true },
  { name: 'no policy in the cluster, in', goal: 2, program: 'to_pod', frame: in4(ack(80, 40000)), word: OPEN_WORD, passes: true },
  {
    name: 'pod not selected, out (source check)',
    goal: 12,
    program: 'from_pod',
    frame: out4(ack(40000, 80)),
    word: UNISOLATED_WORD,
    passes: true,
  },
  {
    name: 'pod not selected, out, IPv6',
    goal: 12,
    program: 'from_pod',
    frame: ethernet({}, ipv6({ source: POD6, destination: 'fd00:2::1' }, ack(40000, 80))),
    word: UNISOLATED_WORD,
    passes: true,
  },
  { name: 'pod not selected, in', goal: 12, program: 'to_pod', frame: in4(ack(80, 40000)), word: UNISOLATED_WORD, passes: true },
  {
    name: 'established, out, one flow',
    goal: 30,
    program: 'from_pod',
    frame: out4(ack(40000, 80)),
    word: ISOLATED_WORD,
    warm: 2,
    passes: true,
  },
  { name: 'established, in, one flow', goal: 30, program: 'to_pod', frame: in4(ack(80, 40000)), word: ISOLATED_WORD, passes: true },
  {
    name: 'established, out, UDP',
    goal: 30,
    program: 'from_pod',
    frame: out4(udp({ source: 40000, destination: 53, data: payload })),
    word: ISOLATED_WORD,
    warm: 2,
    passes: true,
  },
  {
    name: 'established, out, 4,096 flows',
    goal: 45,
    program: 'from_pod',
    frame: out4(ack(40000, 80)),
    word: ISOLATED_WORD,
    vary: { portOffset: AT.sport4, portMask: 0xfff },
    warm: 60_000,
    passes: true,
  },
  {
    name: 'established, in, 4,096 flows',
    goal: 45,
    program: 'to_pod',
    frame: in4(ack(80, 40000)),
    word: ISOLATED_WORD,
    vary: { portOffset: AT.dport4, portMask: 0xfff },
    passes: true,
  },
  {
    name: 'established, out, IPv6',
    goal: 40,
    program: 'from_pod',
    frame: ethernet({}, ipv6({ source: POD6, destination: 'fd00:2::1' }, ack(40000, 80))),
    word: ISOLATED_WORD,
    warm: 2,
    passes: true,
  },
  {
    name: 'established, in, IPv6',
    goal: 40,
    program: 'to_pod',
    frame: ethernet({}, ipv6({ source: 'fd00:2::1', destination: POD6 }, ack(80, 40000))),
    word: ISOLATED_WORD,
    passes: true,
  },
  {
    name: 'denied, unknown peer',
    goal: 80,
    program: 'to_pod',
    frame: in4(syn(40000, 80), '203.0.113.9'),
    word: ISOLATED_WORD,
    passes: false,
  },
  {
    name: 'denied, known peer, no rule',
    goal: 80,
    program: 'to_pod',
    frame: in4(syn(40000, 80), '10.192.0.1'),
    word: ISOLATED_WORD,
    passes: false,
  },
  { name: 'denied, port not listed', goal: undefined, program: 'to_pod', frame: in4(syn(40000, 81)), word: ISOLATED_WORD, passes: false },
  {
    name: 'denied, no row, not a SYN',
    goal: undefined,
    program: 'to_pod',
    frame: in4(ack(40000, 80), '203.0.113.9'),
    word: ISOLATED_WORD,
    passes: false,
  },
  { name: 'new flow judged, one peer', goal: undefined, program: 'to_pod', frame: in4(syn(40000, 80)), word: ISOLATED_WORD, passes: true },
  {
    name: 'new flow judged, 16k addresses, 4k identities',
    goal: 200,
    program: 'to_pod',
    frame: in4(syn(40000, 80)),
    word: ISOLATED_WORD,
    vary: { peerOffset: AT.source4, peerMask: PEERS - 1 },
    passes: true,
  },
  {
    name: 'the same beside the rows of 10,000 policies',
    goal: 200,
    many: true,
    program: 'to_pod',
    frame: in4(syn(40000, 80)),
    word: ISOLATED_WORD,
    vary: { peerOffset: AT.source4, peerMask: PEERS - 1 },
    passes: true,
  },
  {
    name: 'new flow with its conntrack row, table with room',
    goal: 520,
    program: 'from_pod',
    frame: newFlow,
    word: ISOLATED_WORD,
    vary: ALWAYS_NEW,
    empty: true,
    repeat: 100_000,
    passes: true,
  },
  {
    name: 'new flow with its conntrack row, table full',
    goal: undefined,
    program: 'from_pod',
    frame: newFlow,
    word: ISOLATED_WORD,
    vary: ALWAYS_NEW,
    warm: 200_000,
    repeat: 100_000,
    passes: true,
  },
];
