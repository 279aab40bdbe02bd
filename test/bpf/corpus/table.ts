/** What an entry of the packet corpus is: one frame or several in a row, and what becomes of each at four kinds of endpoint. */

import type { ReasonName } from '../../../src/model/reasons.ts';
import { ethernet, type Packet } from '../../support/builders/frames.ts';
import type { RunOptions } from '../../support/kernel-harness.ts';
import { FRIEND, V4, V6, type Family, type Rules } from '../stage.ts';

/** `pass`: it passes and nothing is counted, since a row explains it or nobody judges. Else the reason that is counted. */
export type Seen = 'pass' | ReasonName;

/** The reasons for which a packet passes; for all others it is dropped. */
export const PASSING: ReadonlySet<Seen> = new Set<Seen>(['pass', 'ALLOWED', 'REPLY', 'NODE']);

/** At a pod that is isolated both ways, for ingress alone, for egress alone, and in no direction while the cluster has policies. */
export type Fates = readonly [both: Seen, ingress: Seen, egress: Seen, neither: Seen];

export interface Step {
  readonly direction: 'ingress' | 'egress';
  readonly frame: Uint8Array;
  readonly options?: RunOptions;
  /** Quiet seconds before it. */
  readonly after?: number;
  readonly fates: Fates;
}

export interface Entry {
  readonly what: string;
  readonly steps: readonly Step[];
}

/** A peer that may be reached, and may reach the pod, without any limit of protocol or port. The friend may so at TCP 80, UDP 53 and SCTP 80. */
export function partner(family: Family): string {
  return family === V4 ? '198.51.100.7' : '2001:db8:7::7';
}

const PORTS = [{ port: 80 }, { port: 53, protocol: 'UDP' }, { port: 80, protocol: 'SCTP' }];
const PARTNERS = [V4, V6].map((family) => ({ ipBlock: { cidr: `${partner(family)}/${family === V4 ? 32 : 128}` } }));
const ingress = [{ from: [FRIEND], ports: PORTS }, { from: PARTNERS }];
const egress = [{ to: [FRIEND], ports: PORTS }, { to: PARTNERS }];

export const KINDS: readonly { readonly name: string; readonly rules: Rules }[] = [
  { name: 'isolated both ways', rules: { ingress, egress } },
  { name: 'isolated for ingress', rules: { ingress } },
  { name: 'isolated for egress', rules: { egress } },
  { name: 'not isolated', rules: {} },
];

export function entry(what: string, ...steps: readonly Step[]): Entry {
  return { what, steps };
}

/** Into the pod. `isolated`: where it is isolated for ingress. `open`: where only its egress is, so that flows are judged and recorded. */
export function into(packet: Packet | Uint8Array, isolated: Seen, open: Seen = 'ALLOWED', options?: RunOptions): Step {
  return intoEach(packet, [isolated, isolated, open, 'pass'], options);
}

/** Out of the pod. `isolated`: where it is isolated for egress. `open`: where only its ingress is. `free`: where nothing is. */
export function out(packet: Packet | Uint8Array, isolated: Seen, open: Seen = 'ALLOWED', free: Seen = 'pass'): Step {
  return outEach(packet, [isolated, open, isolated, free]);
}

/** What an isolated pod must not get, or send, and nobody else minds, since nothing in it can be judged. */
export function intoUnread(packet: Packet | Uint8Array, reason: Seen, options?: RunOptions): Step {
  return into(packet, reason, 'pass', options);
}

export function outUnread(packet: Packet | Uint8Array, reason: Seen): Step {
  return out(packet, reason, 'pass');
}

/** Out of whatever pod: once the cluster has policies, nobody may. */
export function outNever(packet: Packet | Uint8Array, reason: Seen): Step {
  return outEach(packet, [reason, reason, reason, reason]);
}

/** The same, after so many quiet seconds. */
export function later(after: number, step: Step): Step {
  return { ...step, after };
}

export function intoEach(packet: Packet | Uint8Array, fates: Fates, options?: RunOptions): Step {
  return { direction: 'ingress', frame: frameOf(packet), fates, ...(options === undefined ? {} : { options }) };
}

export function outEach(packet: Packet | Uint8Array, fates: Fates): Step {
  return { direction: 'egress', frame: frameOf(packet), fates };
}

function frameOf(packet: Packet | Uint8Array): Uint8Array {
  return packet instanceof Uint8Array ? packet : ethernet({}, packet);
}
