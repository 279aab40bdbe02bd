/** Which rules let an allowed packet pass. The kernel does not say; the policies of now do. */

import type { Compiler } from '../compiler/compiler.ts';
import { explainSide, type Flow, type SideExplanation } from '../compiler/explain.ts';
import type { PacketEvent } from '../model/packet-event.ts';
import type { ReasonName } from '../model/reasons.ts';
import { hasPorts, PROTOCOL_NUMBER, type Direction } from '../model/verdict.ts';

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

const SYN = 0x02;
/** Systems give their clients ports from here on. */
const CLIENT_PORTS = 32_768;
const OPPOSITE = { ingress: 'egress', egress: 'ingress' } as const;

export function nameAllowed(event: PacketEvent, reason: ReasonName | undefined, compiler: Compiler): Allowed {
  if (reason !== 'ALLOWED' && reason !== 'REPLY') return { text: undefined, rules: [] };
  const sides = openingsOf(event, reason).map((opening) => explainOpening(compiler, opening));
  const side = sides.find(({ rules }) => rules.some(({ allows }) => allows)) ?? sides[0];
  if (side === undefined) return { text: undefined, rules: [] };
  const { direction, verdict } = side;
  const rules = side.rules.flatMap(({ policy, rule, allows }) => (allows && rule !== undefined ? [{ policy, direction, rule }] : []));
  if (verdict === 'not-isolated') return { text: `no policy isolates the pod for ${direction}`, rules };
  return { text: reason === 'ALLOWED' && isUnderWay(event) ? 'judged anew, and still allowed' : undefined, rules };
}

interface Opening {
  readonly direction: Direction;
  readonly flow: Flow;
}

function explainOpening(compiler: Compiler, { direction, flow }: Opening): SideExplanation {
  const [own, peer] = direction === 'ingress' ? [flow.destination, flow.source] : [flow.source, flow.destination];
  return explainSide(compiler, direction, own, peer, flow);
}

/** How the flow was opened, likeliest first. One that is judged anew is met on its way, in either direction. */
function openingsOf(event: PacketEvent, reason: ReasonName): Opening[] {
  const { direction, source, destination, protocol, sourcePort, destinationPort } = event;
  const port = (number: number): number => (hasPorts(protocol) ? number : 0);
  const own: Opening = { direction, flow: { source, destination, protocol, port: port(destinationPort) } };
  const other: Opening = {
    direction: OPPOSITE[direction],
    flow: { source: destination, destination: source, protocol, port: port(sourcePort) },
  };
  if (reason === 'REPLY') return [other];
  if (!hasPorts(protocol) || isOpening(event)) return [own];
  const fromServer = isUnderWay(event) ? sourcePort < destinationPort : sourcePort < CLIENT_PORTS && destinationPort >= CLIENT_PORTS;
  return fromServer ? [other, own] : [own, other];
}

function isOpening({ protocol, tcpFlags }: PacketEvent): boolean {
  return protocol === PROTOCOL_NUMBER.TCP && (tcpFlags & SYN) !== 0;
}

/** A segment of a connection that was opened before. */
function isUnderWay(event: PacketEvent): boolean {
  return event.protocol === PROTOCOL_NUMBER.TCP && !isOpening(event);
}
