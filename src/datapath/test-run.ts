/** Runs the program that stands at an interface on a connection's first packet, as if it had come there. It is counted like any other, and leaves no flow. */

import * as native from '../../native/index.js';
import { addressBytes } from '../model/ip.ts';
import type { EndpointCounters } from '../model/packet-event.ts';
import { REASONS, type ReasonName } from '../model/reasons.ts';
import type { FinishedRun, OpeningPacket } from '../model/test-run.ts';
import { PROTOCOL_NUMBER } from '../model/verdict.ts';
import type { KernelMaps } from './kernel-maps.ts';
import { LAYOUT, readU32 } from './layout.ts';
import { openingFrame } from './opening-frame.ts';

/** TC_ACT_UNSPEC and TCX_NEXT, as unsigned numbers. */
const PASS = 0xffffffff;
/** Offsets of `ingress_ifindex` and `ifindex` in struct __sk_buff (linux/bpf.h), and how much of it is given. */
const [INGRESS_IFINDEX, IFINDEX, CONTEXT] = [36, 40, 44];
/** For what comes into a pod: from an interface, so not from the node itself; whose it is nobody asks, unless it is the pod's own. */
const LOOPBACK = 1;
/** What systems give to clients (net.ipv4.ip_local_port_range). */
const [FIRST_CLIENT_PORT, LAST_CLIENT_PORT] = [32_768, 60_999];
/** Of the row that from_pod leaves for after_nat (GENERATION_NEVER). */
const NEVER = 0;

/** `program`: from_pod for egress, to_pod for ingress. Throws what the kernel says. */
export function runOpening(program: native.Fd, maps: KernelMaps, ifindex: number, packet: OpeningPacket): FinishedRun {
  const endpoint = maps.endpointAt(ifindex);
  const flow = freeFlow(maps, endpoint?.endpoint ?? 0, packet);
  const counters = (): EndpointCounters | undefined => (endpoint === undefined ? undefined : maps.totals.read(endpoint.counters));
  const before = counters();
  const { returnValue } = native.testRun(program, { data: frameOf(packet, flow.clientPort), context: contextOf(ifindex, packet) });
  const reason = before === undefined ? null : countedSince(before, counters(), packet);
  const generation = takeFlow(maps, flow.key);
  const passed = returnValue === PASS;
  return { verdict: passed ? (generation === NEVER ? 'later' : 'pass') : 'drop', reason, clientPort: flow.clientPort };
}

function frameOf({ direction, own, peer, protocol, port }: OpeningPacket, clientPort: number): Uint8Array {
  const [source, destination] = direction === 'egress' ? [own, peer] : [peer, own];
  return openingFrame({ source, destination, protocol, sourcePort: clientPort, destinationPort: port });
}

function contextOf(ifindex: number, { direction }: OpeningPacket): Uint8Array {
  const context = new Uint8Array(CONTEXT);
  const view = new DataView(context.buffer);
  view.setUint32(INGRESS_IFINDEX, direction === 'egress' ? ifindex : LOOPBACK, true);
  view.setUint32(IFINDEX, ifindex, true);
  return context;
}

/** A client's port under which the pod has no flow with this peer. */
function freeFlow(maps: KernelMaps, endpoint: number, packet: OpeningPacket): { readonly key: Uint8Array; readonly clientPort: number } {
  const row = new Uint8Array(LAYOUT.flow[''][1]);
  for (let clientPort = LAST_CLIENT_PORT; clientPort >= FIRST_CLIENT_PORT; clientPort -= 1) {
    const key = flowKey(endpoint, packet, clientPort);
    if (!native.mapGet(maps.fd('conntrack'), key, row)) return { key, clientPort };
  }
  throw new Error('every port of a client has a flow with this peer');
}

/** As `struct flow_key` (bpf/packet.h) has it. */
function flowKey(endpoint: number, { direction, peer, protocol, port }: OpeningPacket, clientPort: number): Uint8Array {
  const { '': whole, scope, remote, local_port: local, remote_port: far } = LAYOUT.flow_key;
  const key = new Uint8Array(whole[1]);
  const view = new DataView(key.buffer);
  view.setUint32(scope[0], ((endpoint << 8) | PROTOCOL_NUMBER[protocol]) >>> 0, true);
  key.set(addressBytes(peer), remote[0]);
  const [own, theirs] = direction === 'egress' ? [clientPort, port] : [port, clientPort];
  view.setUint16(local[0], own);
  view.setUint16(far[0], theirs);
  return key;
}

/** The generation of the row that the packet left, which goes; `undefined`: it left none. */
function takeFlow(maps: KernelMaps, key: Uint8Array): number | undefined {
  const row = new Uint8Array(LAYOUT.flow[''][1]);
  if (!native.mapGet(maps.fd('conntrack'), key, row)) return undefined;
  native.mapDelete(maps.fd('conntrack'), key);
  return readU32(row, LAYOUT.flow.state[0]);
}

/** The only reason that was counted meanwhile, and once: else it may be another packet's. */
function countedSince(before: EndpointCounters, after: EndpointCounters | undefined, { direction }: OpeningPacket): ReasonName | null {
  const grown = REASONS.flatMap(({ name }, index) => {
    const by = (after?.packets[direction][index] ?? 0) - (before.packets[direction][index] ?? 0);
    return by === 0 ? [] : [{ name, by }];
  });
  const [only] = grown;
  return grown.length === 1 && only?.by === 1 ? only.name : null;
}
