/** What the lab and a pod's process say to each other: one JSON object a line, over a unix socket in the lab's folder. */

import type { Family, HeldConnection, LabPort, ProbeResult } from '../types.ts';
import type { Protocol } from '../../model/verdict.ts';

/** The process gets this as JSON in its first argument. */
export interface PodProcessOptions {
  /** What it answers with: `namespace/name`. */
  readonly name: string;
  /** Its control socket; there as soon as every port is served. */
  readonly socket: string;
  readonly ports: readonly LabPort[];
  /** Addresses to serve at; empty: all. */
  readonly hosts: readonly string[];
}

export interface AddressProbe {
  readonly address: string;
  readonly family: Family;
  readonly protocol: Protocol;
  readonly port: number;
  readonly timeoutMs: number;
}

export interface PodRequests {
  /** Serve these ports and no others from now on. */
  readonly serve: { readonly request: { readonly ports: readonly LabPort[] }; readonly result: ServeResult };
  readonly probe: { readonly request: { readonly probe: AddressProbe }; readonly result: ProbeResult };
  /** The new connection's id. Fails where it does not come about within the time-out. */
  readonly hold: {
    readonly request: { readonly address: string; readonly port: number; readonly timeoutMs: number };
    readonly result: number;
  };
  readonly held: { readonly request: Record<never, never>; readonly result: readonly HeldConnection[] };
  readonly release: { readonly request: { readonly id: number }; readonly result: null };
}

export type PodOperation = keyof PodRequests;

export interface ServeResult {
  /** Ports that could not be served, with the reason, e.g. `TCP/80: EADDRINUSE`. */
  readonly failed: readonly string[];
}

export interface PodMessage<O extends PodOperation = PodOperation> {
  readonly id: number;
  readonly op: O;
  readonly request: PodRequests[O]['request'];
}

export type PodReply = { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: string };

/** What a server says to whoever comes: its name, and the address that it sees. A pod's key holds no blank. */
export function writeGreeting(name: string, client: string): string {
  // A socket of both families shows IPv4 addresses in their mapped form.
  return `${name} ${client.replace(/^::ffff:(?=\d+\.)/, '')}`;
}

export function readGreeting(text: string): { readonly answeredBy: string; readonly seenFrom?: string } {
  const [answeredBy = '', seenFrom] = text.split(' ');
  return { answeredBy, ...(seenFrom === undefined ? {} : { seenFrom }) };
}
