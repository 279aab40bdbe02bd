/** The kernel's maps in memory: for tests, and for whoever wants a verdict without a kernel. Look-ups go as in bpf/ruleset.h and bpf/identity.h. */

import { maskAddress, type Address } from '../model/ip.ts';
import {
  CONFIG_OPEN,
  CONFIG_UNSET,
  PORT_SET_ALL,
  type DirectionConfig,
  type EndpointConfig,
  type EndpointWord,
  type Frontend,
  type Operation,
  type PortSetRef,
} from '../model/plan.ts';
import type { DriftReport } from '../model/drift.ts';
import type { EndpointCounters } from '../model/packet-event.ts';
import type { FinishedRun, OpeningPacket } from '../model/test-run.ts';
import { PROTOCOL_NUMBER, type Direction, type Verdict } from '../model/verdict.ts';
import { memoryHooks } from './memory-hooks.ts';
import { memoryRows } from './memory-rows.ts';
import type { Datapath, DesiredState, EarlierEndpoint } from './port.ts';
import { verifyDatapath } from './verify.ts';

export class MemoryDatapath implements Datapath {
  readonly tookOverFlows = false;
  readonly addresses = new Map<Address, { readonly identity: number; readonly ownNode: boolean }>();
  readonly prefixes = new Map<number, Map<Address, number>>();
  readonly pairs = new Map<string, PortSetRef>();
  readonly ports = new Map<string, Verdict>();
  readonly configs = new Map<number, EndpointConfig>();
  readonly words = new Map<number, EndpointWord>();
  /** Every list of addresses that was swept, in order. */
  readonly swept: (readonly Address[])[] = [];
  readonly frontends = new Map<string, { readonly frontend: Frontend; readonly endpoints: number }>();
  readonly localPods = new Map<Address, number>();
  judgesForwarded = false;
  readonly #attached = new Set<number>();
  readonly #watchers = new Set<(operations: readonly Operation[]) => void>();
  #generation: number;

  constructor(generation = 1) {
    this.#generation = generation;
  }

  get generation(): number {
    return this.#generation;
  }

  storeGeneration(generation: number): void {
    this.#generation = generation;
  }

  apply(operations: readonly Operation[]): void {
    for (const watcher of this.#watchers) watcher(operations);
    for (const operation of operations) this.#applyOne(operation);
  }

  attach(ifindex: number): void {
    this.#attached.add(ifindex);
  }

  detach(ifindex: number): void {
    this.#attached.delete(ifindex);
  }

  attached(): ReadonlySet<number> {
    return this.#attached;
  }

  judgeForwarded(on: boolean): void {
    this.judgesForwarded = on;
  }

  endEarlier(): void {}

  keepFlows(): void {}

  earlierAt(_ifindex: number): EarlierEndpoint | undefined {
    return undefined;
  }

  verify(desired: DesiredState, repair: boolean): Promise<DriftReport> {
    const generation = {
      name: 'generation',
      expected: desired.generation,
      found: this.#generation,
      mend: () => this.storeGeneration(desired.generation),
    };
    const verified = { store: memoryRows(this, this.#watchers), hooks: memoryHooks(this), settings: () => [generation] };
    return verifyDatapath(verified, desired, repair);
  }

  listen(): void {}

  traceFlows(): void {}

  testRun(ifindex: number, { direction, peer, protocol, port }: OpeningPacket): FinishedRun | undefined {
    if (!this.#attached.has(ifindex)) return undefined;
    const verdict = this.judge(ifindex, direction, peer, PROTOCOL_NUMBER[protocol], port);
    return { verdict: verdict === 'deny' ? 'drop' : 'pass', reason: null, clientPort: 0 };
  }

  counters(): EndpointCounters {
    return { packets: { ingress: [], egress: [] }, lostEvents: 0 };
  }

  totals(): EndpointCounters {
    return this.counters();
  }

  readonly capacities: Readonly<Record<string, number>> = {};

  countFlows(): Promise<number> {
    return Promise.resolve(0);
  }

  describe(): Readonly<Record<string, unknown>> {
    return {};
  }

  close(): void {}

  /** The verdict on an opening at an endpoint: `port` is the destination's. */
  judge(ifindex: number, direction: Direction, peer: Address, protocol: number, port: number): Verdict {
    const config = this.configOf(ifindex);
    if (config === 'open') return 'allow';
    if (config === undefined) return 'deny';
    const own = config[direction];
    if (own.ruleset === 0) return 'allow';
    return this.#judgePort(this.#portSetOf(own, this.identityOf(peer)), protocol, port) ?? own.defaultVerdict;
  }

  configOf(ifindex: number): EndpointConfig | 'open' | undefined {
    const id = this.words.get(ifindex)?.config ?? CONFIG_UNSET;
    return id === CONFIG_OPEN ? 'open' : this.configs.get(id);
  }

  identityOf(address: Address): number {
    const exact = this.addresses.get(address);
    if (exact !== undefined) return exact.identity;
    for (let length = 128; length >= 0; length -= 1) {
      const identity = this.prefixes.get(length)?.get(maskAddress(address, length));
      if (identity !== undefined) return identity;
    }
    return 0;
  }

  #portSetOf(config: DirectionConfig, identity: number): PortSetRef {
    return (identity === 0 ? undefined : this.pairs.get(`${config.ruleset}:${identity}`)) ?? config.stranger;
  }

  #judgePort(ref: PortSetRef, protocol: number, port: number): Verdict | undefined {
    if (ref.portSet === PORT_SET_ALL) return 'allow';
    for (let length = 16; length >= 0; length -= 1) {
      if ((ref.lengths & (1 << length)) === 0) continue;
      const verdict = this.ports.get(portKey(ref.portSet, protocol, (port >> (16 - length)) << (16 - length), length));
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  }

  #applyOne(operation: Operation): void {
    switch (operation.op) {
      case 'put-port-set':
        for (const row of operation.portSet.rows) {
          this.ports.set(portKey(operation.portSet.id, row.protocol, row.port, row.length), row.verdict);
        }
        return;
      case 'delete-port-set':
        for (const row of operation.portSet.rows) this.ports.delete(portKey(operation.portSet.id, row.protocol, row.port, row.length));
        return;
      case 'put-pair':
        this.pairs.set(`${operation.ruleset}:${operation.identity}`, operation.ref);
        return;
      case 'delete-pair':
        this.pairs.delete(`${operation.ruleset}:${operation.identity}`);
        return;
      case 'put-address':
        this.addresses.set(operation.address, { identity: operation.identity, ownNode: operation.ownNode });
        return;
      case 'delete-address':
        this.addresses.delete(operation.address);
        return;
      case 'put-prefix': {
        const { address, length } = operation.prefix;
        const rows = this.prefixes.get(length) ?? new Map<Address, number>();
        this.prefixes.set(length, rows.set(address, operation.identity));
        return;
      }
      case 'delete-prefix':
        this.prefixes.get(operation.prefix.length)?.delete(operation.prefix.address);
        return;
      case 'put-frontend':
        this.frontends.set(frontendKey(operation.frontend), operation);
        return;
      case 'delete-frontend':
        this.frontends.delete(frontendKey(operation.frontend));
        return;
      case 'put-local-pod':
        this.localPods.set(operation.address, operation.ifindex);
        return;
      case 'delete-local-pod':
        this.localPods.delete(operation.address);
        return;
      case 'put-config':
        this.configs.set(operation.id, operation.config);
        return;
      case 'delete-config':
        this.configs.delete(operation.id);
        return;
      case 'set-endpoint':
        if (operation.word.config === CONFIG_UNSET) this.words.delete(operation.ifindex);
        else this.words.set(operation.ifindex, operation.word);
        return;
      case 'reset-counters':
        return;
      case 'sweep-flows':
        this.swept.push(operation.addresses);
        return;
    }
  }
}

function frontendKey({ address, protocol, port }: Frontend): string {
  return `${address ?? ''}|${protocol}|${port}`;
}

function portKey(portSet: number, protocol: number, port: number, length: number): string {
  return `${portSet}:${protocol}:${port}/${length}`;
}
