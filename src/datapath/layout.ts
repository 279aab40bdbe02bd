/** The bytes of every map's keys and values, as bpf/*.h lay them out. A test compares offsets and sizes with the compiled object's BTF. */

import { addressBytes, addressFromBytes, type Address, type Prefix } from '../model/ip.ts';
import type { DirectionConfig, EndpointConfig, EndpointWord, Frontend, PortRow, PortSetRef } from '../model/plan.ts';
import type { EndpointCounters, PacketEvent } from '../model/packet-event.ts';
import { REASON_SLOTS } from '../model/reasons.ts';
import type { Verdict } from '../model/verdict.ts';

/** The machines that Postern runs on (x86-64, arm64) are little-endian. */
const LITTLE = true;

export const VERDICT_NUMBER: Readonly<Record<Verdict, number>> = { deny: 0, allow: 1, 'would-deny': 2 };

const FLAG = { sourceCheck: 1, held: 2, hasIPv4: 4, hasIPv6: 8, isolatedIngress: 16, isolatedEgress: 32 } as const;
const OWN_NODE = 1;

/** Struct → [byte offset, byte size] of each member, and the whole size under ''. */
export const LAYOUT = {
  endpoint_config: {
    '': [0, 88],
    endpoint: [0, 4],
    flags: [4, 4],
    ipv4: [8, 16],
    ipv6: [24, 16],
    direction: [40, 32],
    take_over_until: [72, 8],
    counters: [80, 4],
  },
  direction_config: { '': [0, 16], ruleset: [0, 4], stranger_port_set: [4, 4], stranger_lengths: [8, 4], default_verdict: [12, 4] },
  identity_row: { '': [0, 8], identity: [0, 4], flags: [4, 4] },
  prefix_key: { '': [0, 20], length: [0, 4], address: [4, 16] },
  pair_key: { '': [0, 8], ruleset: [0, 4], identity: [4, 4] },
  port_set_ref: { '': [0, 8], port_set: [0, 4], lengths: [4, 4] },
  port_key: { '': [0, 8], port_set: [0, 4], protocol: [4, 1], length: [5, 1], port: [6, 2] },
  flow_key: { '': [0, 24], scope: [0, 4], remote: [4, 16], local_port: [20, 2], remote_port: [22, 2] },
  flow: { '': [0, 16], state: [0, 8], seen: [8, 8] },
  conntrack_header: { '': [0, 16], layout: [0, 4], rows: [4, 4], generation: [8, 4] },
  endpoint_counters: { '': [0, 336], packets: [0, 320], window: [320, 8], sent: [328, 4], lost: [332, 4] },
  runtime: {
    '': [0, 32],
    prefix_families: [0, 4],
    trace_flows: [4, 4],
    jiffies_per_second: [8, 4],
    after_nat: [12, 4],
    clock_jiffies: [16, 8],
    clock_nanoseconds: [24, 8],
  },
  event: {
    '': [0, 64],
    time: [0, 8],
    endpoint: [8, 4],
    ifindex: [12, 4],
    source: [16, 16],
    destination: [32, 16],
    source_port: [48, 2],
    destination_port: [50, 2],
    direction: [52, 1],
    verdict: [53, 1],
    reason: [54, 1],
    protocol: [55, 1],
    tcp_flags: [56, 1],
    icmp_type: [57, 1],
    length: [60, 4],
  },
  frontend_key: { '': [0, 20], address: [0, 16], port: [16, 2], protocol: [18, 1] },
  settings: { '': [0, 4], kernel_conntrack: [0, 4] },
} as const satisfies Readonly<Record<string, Readonly<Record<string, readonly [offset: number, size: number]>>>>;

/** Slots of counters (COUNTER_SLOTS); slot 0 is everybody's who has none. */
export const COUNTER_SLOTS = 1024;

/** Layout number of conntrack's rows and keys: another one means another table. */
export const CONNTRACK_LAYOUT = 1;

function buffer(struct: keyof typeof LAYOUT): [bytes: Uint8Array, view: DataView] {
  const bytes = new Uint8Array(LAYOUT[struct][''][1]);
  return [bytes, new DataView(bytes.buffer)];
}

export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, LITTLE);
  return bytes;
}

export function readU32(bytes: Uint8Array, offset = 0): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset, LITTLE);
}

export function encodeWord(word: EndpointWord): bigint {
  return (BigInt(word.generation) << 32n) | BigInt(word.config);
}

export function encodeConfig(config: EndpointConfig): Uint8Array {
  const [bytes, view] = buffer('endpoint_config');
  const flags =
    (config.sourceCheck ? FLAG.sourceCheck : 0) |
    (config.held ? FLAG.held : 0) |
    (config.ipv4 === undefined ? 0 : FLAG.hasIPv4) |
    (config.ipv6 === undefined ? 0 : FLAG.hasIPv6) |
    (config.ingress.ruleset === 0 ? 0 : FLAG.isolatedIngress) |
    (config.egress.ruleset === 0 ? 0 : FLAG.isolatedEgress);
  view.setUint32(0, config.endpoint, LITTLE);
  view.setUint32(4, flags, LITTLE);
  if (config.ipv4 !== undefined) bytes.set(addressBytes(config.ipv4), 8);
  if (config.ipv6 !== undefined) bytes.set(addressBytes(config.ipv6), 24);
  bytes.set(encodeDirection(config.ingress), 40);
  bytes.set(encodeDirection(config.egress), 56);
  view.setBigUint64(72, config.takeOverUntil, LITTLE);
  view.setUint32(80, config.counters, LITTLE);
  return bytes;
}

/** Whether a configuration's endpoint has had flows that are recorded nowhere, and until when such are taken over. */
export function decodeConfigPast(bytes: Uint8Array): { ranOpen: boolean; takeOverUntil: bigint } {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const flags = view.getUint32(LAYOUT.endpoint_config.flags[0], LITTLE);
  return {
    ranOpen: (flags & (FLAG.held | FLAG.isolatedIngress | FLAG.isolatedEgress)) === 0,
    takeOverUntil: view.getBigUint64(LAYOUT.endpoint_config.take_over_until[0], LITTLE),
  };
}

/** Which endpoint a configuration is of, in the keys of its flows, and which slot its counters have. */
export function decodeConfigEndpoint(bytes: Uint8Array): { readonly endpoint: number; readonly counters: number } {
  return { endpoint: readU32(bytes, LAYOUT.endpoint_config.endpoint[0]), counters: readU32(bytes, LAYOUT.endpoint_config.counters[0]) };
}

function encodeDirection(config: DirectionConfig): Uint8Array {
  const [bytes, view] = buffer('direction_config');
  view.setUint32(0, config.ruleset, LITTLE);
  view.setUint32(4, config.stranger.portSet, LITTLE);
  view.setUint32(8, config.stranger.lengths, LITTLE);
  view.setUint32(12, VERDICT_NUMBER[config.defaultVerdict], LITTLE);
  return bytes;
}

export function encodeIdentity(identity: number, ownNode: boolean): Uint8Array {
  const [bytes, view] = buffer('identity_row');
  view.setUint32(0, identity, LITTLE);
  view.setUint32(4, ownNode ? OWN_NODE : 0, LITTLE);
  return bytes;
}

export function encodePrefix(prefix: Prefix): Uint8Array {
  const [bytes, view] = buffer('prefix_key');
  view.setUint32(0, prefix.length, LITTLE);
  bytes.set(addressBytes(prefix.address), 4);
  return bytes;
}

export function encodePair(ruleset: number, identity: number): Uint8Array {
  const [bytes, view] = buffer('pair_key');
  view.setUint32(0, ruleset, LITTLE);
  view.setUint32(4, identity, LITTLE);
  return bytes;
}

export function encodePortSetRef(ref: PortSetRef): Uint8Array {
  const [bytes, view] = buffer('port_set_ref');
  view.setUint32(0, ref.portSet, LITTLE);
  view.setUint32(4, ref.lengths, LITTLE);
  return bytes;
}

export function encodePortKey(portSet: number, row: PortRow): Uint8Array {
  const [bytes, view] = buffer('port_key');
  view.setUint32(0, portSet, LITTLE);
  view.setUint8(4, row.protocol);
  view.setUint8(5, row.length);
  view.setUint16(6, row.port);
  return bytes;
}

export function encodeFrontend(frontend: Frontend): Uint8Array {
  const [bytes, view] = buffer('frontend_key');
  if (frontend.address !== undefined) bytes.set(addressBytes(frontend.address), 0);
  view.setUint16(16, frontend.port);
  view.setUint8(18, frontend.protocol);
  return bytes;
}

export function encodeSettings(settings: { readonly kernelConntrack: boolean }): Uint8Array {
  return u32(settings.kernelConntrack ? 1 : 0);
}

export interface ConntrackHeader {
  readonly layout: number;
  readonly rows: number;
  readonly generation: number;
}

export function encodeConntrackHeader(header: ConntrackHeader): Uint8Array {
  const [bytes, view] = buffer('conntrack_header');
  view.setUint32(0, header.layout, LITTLE);
  view.setUint32(4, header.rows, LITTLE);
  view.setUint32(8, header.generation, LITTLE);
  return bytes;
}

export function decodeConntrackHeader(bytes: Uint8Array): ConntrackHeader {
  return { layout: readU32(bytes, 0), rows: readU32(bytes, 4), generation: readU32(bytes, 8) };
}

/** The remote address of a conntrack key. */
export function flowRemote(key: Uint8Array): Address {
  return addressFromBytes(key, LAYOUT.flow_key.remote[0]);
}

/** STATE_REWRITTEN: bit 35 of a flow's word. */
export function isRewritten(flow: Uint8Array): boolean {
  return (readU32(flow, 4) & (1 << 3)) !== 0;
}

/** The flow under a generation that no endpoint is ever at. */
export function neverCurrent(flow: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(flow);
  bytes.fill(0, 0, 4);
  return bytes;
}

const VERDICTS: readonly Verdict[] = ['deny', 'allow', 'would-deny'];

export function decodeEvent(bytes: Uint8Array): PacketEvent {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    time: view.getBigUint64(0, LITTLE),
    endpoint: view.getUint32(8, LITTLE),
    ifindex: view.getUint32(12, LITTLE),
    source: addressFromBytes(bytes, 16),
    destination: addressFromBytes(bytes, 32),
    sourcePort: view.getUint16(48),
    destinationPort: view.getUint16(50),
    direction: view.getUint8(52) === 1 ? 'egress' : 'ingress',
    verdict: VERDICTS[view.getUint8(53)] ?? 'deny',
    reason: view.getUint8(54),
    protocol: view.getUint8(55),
    tcpFlags: view.getUint8(56),
    icmpType: view.getUint8(57),
    length: view.getUint32(60, LITTLE),
  };
}

/** Sums of counters: packets by reason, those of ingress first, and lost events last. */
export type CounterSums = Float64Array;

const LOST = 2 * REASON_SLOTS;
const TWO_TO_32 = 2 ** 32;

export function zeroCounters(): CounterSums {
  return new Float64Array(LOST + 1);
}

/** Adds one endpoint's per-CPU rows. `rows`: as many as there are CPUs, as 32-bit words. */
export function addCounters(sums: CounterSums, rows: Uint32Array): void {
  const words = LAYOUT.endpoint_counters[''][1] / 4;
  for (let at = 0; at < rows.length; at += words) {
    for (let index = 0; index < LOST; index += 1) {
      const count = (rows[at + 2 * index] ?? 0) + (rows[at + 2 * index + 1] ?? 0) * TWO_TO_32;
      sums[index] = (sums[index] ?? 0) + count;
    }
    sums[LOST] = (sums[LOST] ?? 0) + (rows[at + LAYOUT.endpoint_counters.lost[0] / 4] ?? 0);
  }
}

export function readCounters(sums: CounterSums): EndpointCounters {
  const numbers = [...sums];
  return {
    packets: { ingress: numbers.slice(0, REASON_SLOTS), egress: numbers.slice(REASON_SLOTS, LOST) },
    lostEvents: numbers[LOST] ?? 0,
  };
}
