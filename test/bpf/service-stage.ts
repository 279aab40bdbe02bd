/** A stage with a Service and the kernel's conntrack behind it, in one family: what the pod sends to it and gets from it, and to whom it is led. */

import { expect } from 'vitest';
import { parseAddress } from '../../src/model/ip.ts';
import { ethernet, type Segment } from '../support/builders/frames.ts';
import { endpointSlice, service, type ServicePortOptions } from '../support/builders/services.ts';
import { tcp, type TcpFlag } from '../support/builders/segments.ts';
import type { FlowEnds } from '../support/flow-rows.ts';
import { KernelConntrack } from '../support/kernel-conntrack.ts';
import type { Outcome, RunOptions } from '../support/kernel-harness.ts';
import { PASSING, type Seen } from './corpus/table.ts';
import { FRIEND, Stage, type Family, type Rules } from './stage.ts';

export const CLIENT = 40000;
export const [TCP, UDP, SCTP] = [6, 17, 132];
export const PORTS: readonly ServicePortOptions[] = [
  { protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 30080 },
  { protocol: 'UDP', port: 53, targetPort: 5353, nodePort: 30053 },
  { protocol: 'SCTP', port: 80, targetPort: 8080 },
];
/** The backend's ports, as policy means them. */
const BACKEND = [{ port: 8080 }, { port: 5353, protocol: 'UDP' }, { port: 8080, protocol: 'SCTP' }];
export const RULES: Rules = { ingress: [], egress: [{ to: [FRIEND], ports: BACKEND }] };
export const NO_ONE: Rules = { ingress: [], egress: [] };

export const to = (port: number, ...flags: TcpFlag[]): Segment => tcp({ source: CLIENT, destination: port, flags });
export const from = (port: number, ...flags: TcpFlag[]): Segment => tcp({ source: port, destination: CLIENT, flags });

/** The reason that was counted, or `pass`; that the verdict is the reason's is checked by the way. */
export function see({ passed, reason }: Outcome): Seen {
  const seen = reason ?? 'pass';
  expect(passed, seen).toBe(PASSING.has(seen));
  return seen;
}

export class ServiceStage {
  // First: the namespace in which the programs run, and look flows up, is that of the thread.
  readonly conntrack = new KernelConntrack();
  readonly stage = new Stage();
  readonly #family: Family;

  constructor(family: Family) {
    this.#family = family;
  }

  begin(rules: Rules, services: 'after-nat' | 'endpoints' = 'after-nat', backends: readonly string[] = [this.#family.friend]): void {
    this.conntrack.flush();
    this.stage.set(rules, { services });
    this.stage.kernel.upsert(service('shop/api', { addresses: [this.#family.service], ports: PORTS }));
    this.leadTo(backends);
  }

  /** The Service has these endpoints from now on. */
  leadTo(backends: readonly string[]): void {
    this.stage.kernel.upsert(endpointSlice('shop/api', backends, PORTS, this.#family.name === 'IPv4' ? 4 : 6));
  }

  sends(segment: Segment, peer = this.#family.service): Seen {
    return see(this.stage.kernel.run('egress', ethernet({}, this.#family.packet(this.#family.pod, peer, segment))));
  }

  gets(segment: Segment, peer = this.#family.service, options?: RunOptions): Seen {
    return see(this.stage.kernel.run('ingress', ethernet({}, this.#family.packet(peer, this.#family.pod, segment)), options));
  }

  /** Of the flow from the pod's usual port. */
  ends(remotePort: number, protocol = TCP): FlowEnds {
    return { remote: parseAddress(this.#family.service), protocol, localPort: CLIENT, remotePort };
  }

  /** kube-proxy has led the pod's connection to this backend. */
  led(address: string, port = 8080): void {
    this.conntrack.add({
      protocol: TCP,
      from: { address: this.#family.pod, port: CLIENT },
      to: { address: this.#family.service, port: 80 },
      answeredBy: { address, port },
    });
  }

  close(): void {
    this.stage.close();
    this.conntrack.close();
  }
}
