/** One line of `postern monitor --json` as what a policy would have to allow. */

import { parseAddress, type Address } from '../../model/ip.ts';
import { DIRECTIONS, type Direction } from '../../model/verdict.ts';

/** A flow as one of its pods met it. */
export interface ObservedFlow {
  /** Of the pod, when the flow was opened. */
  readonly direction: Direction;
  /** `namespace/name` of the pod that told of it. */
  readonly pod: string;
  /** `namespace/name` of a pod, `service namespace/name`, `node name`, else an address. */
  readonly peer: string;
  readonly peerAddress: Address;
  readonly protocol: string;
  /** The destination's; 0 for a protocol without ports. */
  readonly port: number;
  /** No policy allowed it, whether it was dropped or a policy is on trial. */
  readonly denied: boolean;
}

export type FlowLine =
  | { readonly kind: 'flow'; readonly flow: ObservedFlow }
  /** With the pod's own node, which no policy judges. */
  | { readonly kind: 'own node' }
  /** A drop that no policy could change: a spoofed source, a broken packet. */
  | { readonly kind: 'other drop' }
  /** So many events were too many at once. */
  | { readonly kind: 'suppressed'; readonly count: number }
  | { readonly kind: 'no flow' };

const NO_FLOW: FlowLine = { kind: 'no flow' };
const OPPOSITE = { ingress: 'egress', egress: 'ingress' } as const;
/** Drops that a rule would have prevented. */
const BY_POLICY: ReadonlySet<string> = new Set(['POLICY', 'FLOW_CUT', 'FRONTEND', 'TRIAL']);
/** Systems give their clients ports from here on. */
const CLIENT_PORTS = 32_768;
const LAST_PORT = 65_535;

/** Never throws: what is no flow says so. Fields that are not known are passed over. */
export function decodeFlow(line: string): FlowLine {
  const event = readRecord(line);
  if (event === undefined) return NO_FLOW;
  const { kind, count } = event;
  if (kind === 'suppressed') return isCount(count) ? { kind, count } : NO_FLOW;
  const { verdict, direction: met, pod, protocol, port, reason = '', node } = event;
  const direction = DIRECTIONS.find((one) => one === met);
  const [source, destination] = [readAddress(event['source']), readAddress(event['destination'])];
  if (direction === undefined || source === undefined || destination === undefined) return NO_FLOW;
  if (typeof pod !== 'string' || pod === '' || typeof protocol !== 'string' || protocol === '' || !isPort(port)) return NO_FLOW;
  if (verdict !== 'allow' && verdict !== 'deny' && verdict !== 'would-deny') return NO_FLOW;
  const peer = typeof event['peer'] === 'string' ? event['peer'] : '';
  if (reason === 'NODE' || (typeof node === 'string' && peer === `node ${node}`)) return { kind: 'own node' };
  const denied = verdict !== 'allow';
  if (verdict === 'deny' && reason !== '' && !(typeof reason === 'string' && BY_POLICY.has(reason))) return { kind: 'other drop' };
  const { sourcePort } = event;
  const answers = isPort(sourcePort) && isAnswer(event, direction, sourcePort, port);
  return {
    kind: 'flow',
    flow: {
      direction: answers ? OPPOSITE[direction] : direction,
      pod,
      peer,
      peerAddress: direction === 'ingress' ? source : destination,
      protocol: protocol.toUpperCase(),
      port: answers ? sourcePort : port,
      denied,
    },
  };
}

/** A flow that is judged anew is met on its way, and the packet may be one of the server's: then the flow was opened the other way round. */
function isAnswer(
  { reason, text, allowedBy }: Readonly<Record<string, unknown>>,
  met: Direction,
  sourcePort: number,
  port: number,
): boolean {
  if (reason === 'REPLY') return true;
  if (reason === 'FLOW_CUT') return sourcePort > 0 && sourcePort < CLIENT_PORTS && port >= CLIENT_PORTS;
  const directions = Array.isArray(allowedBy) ? allowedBy.map((rule: { readonly direction?: unknown } | null) => rule?.direction) : [];
  if (directions.length > 0) return directions.every((direction) => direction === OPPOSITE[met]);
  // What the agent says of a pod that nothing isolates: it has seen the packet's flags.
  return text === `no policy isolates the pod for ${OPPOSITE[met]}`;
}

function readRecord(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function readAddress(text: unknown): Address | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    return parseAddress(text);
  } catch {
    return undefined;
  }
}

function isPort(value: unknown): value is number {
  return isCount(value) && value <= LAST_PORT;
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}
