/** Which rules let an allowed packet pass. The kernel does not say; the policies of now do. */

import type { Compiler } from '../compiler/compiler.ts';
import { explainSide, type Flow } from '../compiler/explain.ts';
import type { PacketEvent } from '../model/packet-event.ts';
import type { ReasonName } from '../model/reasons.ts';
import { PROTOCOL_NUMBER, type Direction } from '../model/verdict.ts';

export interface AllowingRule {
  /** `namespace/name` */
  readonly policy: string;
  readonly direction: Direction;
  /** Position among the policy's rules of that direction, from 0. */
  readonly rule: number;
}

export interface Allowed {
  /** Where it is not what the reason says. */
  readonly text: string | undefined;
  readonly rules: readonly AllowingRule[];
}

const OPPOSITE = { ingress: 'egress', egress: 'ingress' } as const;

export function nameAllowed(event: PacketEvent, reason: ReasonName | undefined, compiler: Compiler): Allowed {
  if (reason !== 'ALLOWED' && reason !== 'REPLY') return { text: undefined, rules: [] };
  const [direction, flow] = reason === 'REPLY' ? [OPPOSITE[event.direction], openingOf(event)] : [event.direction, flowOf(event)];
  const [own, peer] = direction === 'ingress' ? [flow.destination, flow.source] : [flow.source, flow.destination];
  const side = explainSide(compiler, direction, own, peer, flow);
  const rules = side.rules.flatMap(({ policy, rule, allows }) => (allows && rule !== undefined ? [{ policy, direction, rule }] : []));
  return { text: side.verdict === 'not-isolated' ? `no policy isolates the pod for ${direction}` : undefined, rules };
}

function flowOf({ source, destination, protocol, destinationPort }: PacketEvent): Flow {
  return { source, destination, protocol, port: hasPorts(protocol) ? destinationPort : 0 };
}

/** What the packet is the reply to. */
function openingOf({ source, destination, protocol, sourcePort }: PacketEvent): Flow {
  return { source: destination, destination: source, protocol, port: hasPorts(protocol) ? sourcePort : 0 };
}

function hasPorts(protocol: number): boolean {
  return Object.values(PROTOCOL_NUMBER).includes(protocol);
}
