/** What stands between a pod and a Service while a history is played: kube-proxy's choice, the kernel's conntrack, and after_nat, which a test run cannot be given a connection for. */

import type { FlowEnds } from '../support/flow-rows.ts';
import type { KernelConntrack, TrackedFlow } from '../support/kernel-conntrack.ts';
import type { KernelHarness } from '../support/kernel-harness.ts';
import type { Tuple } from './flow-words.ts';

/** What the frontends' ports lead to: none of them is its own. */
export const SERVICE_PORTS = [
  { protocol: 'TCP', port: 80, targetPort: 53 },
  { protocol: 'UDP', port: 53, targetPort: 80 },
] as const;

/** Who may be behind the Service. */
export type Backend = 'alice' | 'bob' | 'stranger' | 'outsider';

/** A backend as its side of a flow. */
export interface Led {
  readonly backend: Backend;
  readonly port: number;
}

/** How the proxy sees a flow of the pod's to the Service. */
export interface Behind {
  /** To whom the kernel leads it already. */
  readonly entry: Led | undefined;
  /** To whom it would be led now. */
  readonly chosen: Led;
}

interface Entry {
  readonly led: Led;
  readonly flow: TrackedFlow;
  answered: boolean;
}

export class FlowProxy {
  readonly #kernel: KernelHarness;
  readonly #conntrack: KernelConntrack;
  readonly #addressOf: (peer: string, family: 4 | 6) => string;
  readonly #entries = new Map<string, Entry>();
  #chosen: Backend = 'alice';

  constructor(kernel: KernelHarness, conntrack: KernelConntrack, addressOf: (peer: string, family: 4 | 6) => string) {
    this.#kernel = kernel;
    this.#conntrack = conntrack;
    this.#addressOf = addressOf;
    conntrack.flush();
  }

  lead(backend: Backend): void {
    this.#chosen = backend;
  }

  behind(tuple: Tuple): Behind {
    const port = SERVICE_PORTS.find(({ protocol }) => protocol.toLowerCase() === tuple.transport)?.targetPort ?? 0;
    return { entry: this.#entries.get(keyOf(tuple))?.led, chosen: { backend: this.#chosen, port } };
  }

  /** The kernel loses the flow. */
  forget(tuple: Tuple): void {
    const entry = this.#entries.get(keyOf(tuple));
    if (entry === undefined) return;
    this.#conntrack.delete(entry.flow);
    this.#entries.delete(keyOf(tuple));
  }

  /** Something came back from the backend. */
  answer(tuple: Tuple): void {
    const entry = this.#entries.get(keyOf(tuple));
    if (entry !== undefined) entry.answered = true;
  }

  /** The pod's packet has passed from_pod. `judge`: may the pod reach that backend? `undefined` where it is not isolated for egress. */
  forward(tuple: Tuple, ends: FlowEnds, judge: ((led: Led) => boolean) | undefined): boolean {
    const entry = this.#living(tuple);
    const led = entry?.led ?? this.behind(tuple).chosen;
    if (judge !== undefined && !this.#passesAfterNat(ends, entry?.answered ?? false, judge(led))) return false;
    if (entry === undefined) this.#track(tuple, led);
    return true;
  }

  /** from_pod makes the kernel forget a connection whose port opens anew. */
  #living(tuple: Tuple): Entry | undefined {
    const entry = this.#entries.get(keyOf(tuple));
    if (entry === undefined || this.#conntrack.has(entry.flow)) return entry;
    this.#entries.delete(keyOf(tuple));
    return undefined;
  }

  #passesAfterNat(ends: FlowEnds, answered: boolean, allowed: boolean): boolean {
    const row = this.#kernel.flow(ends);
    const current = row !== undefined && row.generation === this.#kernel.generation;
    if (current && row.rewritten && answered) return true;
    if (allowed) this.#kernel.allowRewritten(ends);
    else if (row?.generation === 0) this.#kernel.evict(ends);
    return allowed;
  }

  #track(tuple: Tuple, led: Led): void {
    const { family, transport, podPort, peerPort } = tuple;
    const flow: TrackedFlow = {
      protocol: transport === 'tcp' ? 6 : 17,
      from: { address: this.#addressOf('itself', family), port: podPort },
      to: { address: this.#addressOf('service', family), port: peerPort },
      answeredBy: { address: this.#addressOf(led.backend, family), port: led.port },
    };
    this.#conntrack.add(flow);
    this.#entries.set(keyOf(tuple), { led, flow, answered: false });
  }
}

function keyOf({ family, transport, podPort, peerPort }: Tuple): string {
  return `${family} ${transport} ${podPort} ${peerPort}`;
}
