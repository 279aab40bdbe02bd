/** What flows and packets are called here, and what can be seen of them without remembering anything. */

import type { Side, Transport } from './flow-rules.ts';

/** The two ends of a flow. Echo has an identifier for a port, on both sides, and belongs to the side that asks. */
export interface Tuple {
  readonly family: 4 | 6;
  readonly peer: string;
  readonly transport: Transport;
  readonly podPort: number;
  readonly peerPort: number;
  readonly asker?: Side;
}

export type Segment = 'syn' | 'syn-ack' | 'ack' | 'fin' | 'rst' | 'datagram' | 'init' | 'chunk' | 'request' | 'reply';

/** Always judged, whatever is remembered. */
export const OPENINGS: readonly Segment[] = ['syn', 'init', 'request'];

export interface Packet {
  readonly by: Side;
  readonly tuple: Tuple;
  readonly segment: Segment;
  /** Into the pod: it came in by an interface, so this node did not make it. */
  readonly arrived: boolean;
}

/** What is remembered of a flow. */
export interface Flow {
  readonly tuple: Tuple;
  /** `guess`: adopted in mid-stream. `contested`: the documents do not say. */
  opener: Side | 'guess' | 'contested';
  stage: 'opening' | 'settled' | 'closing';
  seen: number;
  /** Traffic with the own node: says nothing of what came in by an interface. */
  node: 'no' | 'yes' | 'perhaps';
  /** Something has changed since its last packet: for flows to a Service, whose backend only the kernel knows. */
  doubtful: boolean;
}

export function isSameFlow(a: Tuple, b: Tuple): boolean {
  return (
    a.family === b.family &&
    a.peer === b.peer &&
    a.transport === b.transport &&
    a.podPort === b.podPort &&
    a.peerPort === b.peerPort &&
    a.asker === b.asker
  );
}

/** The side with the higher port is taken for the client; between equals there is no telling. */
export function likelyOpener({ podPort, peerPort }: Tuple): Side | undefined {
  return podPort === peerPort ? undefined : podPort < peerPort ? 'peer' : 'pod';
}

/** A SYN-ACK says itself that the other side opened. */
export function openerBySight({ by, segment, tuple }: Packet): Side | undefined {
  if (segment === 'syn-ack') return by === 'pod' ? 'peer' : 'pod';
  return likelyOpener(tuple);
}

export function stageAfter(segment: Segment, stage: Flow['stage']): Flow['stage'] {
  if (segment === 'fin' || segment === 'rst') return 'closing';
  if (segment === 'syn' || segment === 'syn-ack') return 'opening';
  return stage === 'closing' ? 'closing' : 'settled';
}

/** Quiet seconds after which a flow is forgotten. */
export function limitOf({ tuple, stage }: Flow): number {
  switch (tuple.transport) {
    case 'tcp':
      return stage === 'opening' ? 60 : stage === 'settled' ? 86_400 : 120;
    case 'udp':
      return 120;
    case 'sctp':
      return 600;
    case 'echo':
      return 30;
  }
}
