/** Directions, protocols and verdicts: the words that the compiler, the kernel and the reports share. */

/** Always the pod's own: `ingress` comes into the pod. */
export type Direction = 'ingress' | 'egress';
export const DIRECTIONS: readonly Direction[] = ['ingress', 'egress'];

/** Protocols that a NetworkPolicy can name (core/v1 Protocol). */
export type Protocol = 'TCP' | 'UDP' | 'SCTP';
export const PROTOCOLS: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];

/** IANA numbers of the protocols that a policy can name. */
export const PROTOCOL_NUMBER: Readonly<Record<Protocol, number>> = { TCP: 6, UDP: 17, SCTP: 132 };

/** Whether rules with ports can name this protocol, an IANA number. */
export function hasPorts(protocol: number): boolean {
  return PROTOCOLS.some((name) => PROTOCOL_NUMBER[name] === protocol);
}

/** `would-deny` lets the packet pass and counts it: a policy on trial. */
export type Verdict = 'allow' | 'deny' | 'would-deny';
