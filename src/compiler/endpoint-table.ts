/** The endpoints of this node: which interface each local pod has, its configuration row, and the word that the kernel reads. */

import type { Address } from '../model/ip.ts';
import { CONFIG_OPEN, CONFIG_UNSET, type EndpointConfig, type EndpointWord, type Operation } from '../model/plan.ts';
import { configKeyOf, makeConfig, type StrangerRef } from './endpoint-config.ts';
import type { EndpointIntent } from './endpoint-intent.ts';
import type { Ruleset } from './ruleset-table.ts';

/** As many as the kernel's map has (src/datapath/layout.ts); endpoints beyond share slot 0. */
const COUNTER_SLOTS = 1024;
const ENDPOINT_NUMBERS = 2 ** 24;
/** Rows of the kernel's array of configurations (bpf/endpoint.h). */
const CONFIG_ROWS = 8192;

export interface Binding {
  readonly ifindex: number;
  /** Number of the pod's network namespace in that of the agent (nsid), for the log. */
  readonly netns: number;
}

interface Endpoint {
  readonly binding: Binding;
  /** In the keys of its flows. The interface's index, so that it is the same after a restart, and no other's: the kernel counts indexes up. */
  readonly number: number;
  /** Slot of its counters. */
  readonly counters: number;
  /** The slot was begun anew for it: somebody else's counts may have stood there. */
  counted: boolean;
  configId: number;
  configKey: string;
  /** The row of that id; `undefined` where it has none. */
  config: EndpointConfig | undefined;
  word: EndpointWord | undefined;
  ingress: Ruleset | undefined;
  egress: Ruleset | undefined;
  /** Flows may exist that nobody recorded. */
  ranOpen: boolean;
  takeOverUntil: bigint;
}

export class EndpointTable {
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #takeOver: bigint;
  readonly #freeIds: number[] = [];
  readonly #retired: { readonly id: number; readonly since: number }[] = [];
  /** Addresses of endpoints that have a configuration → interface, as the kernel was told. */
  #localPods: ReadonlyMap<Address, number> = new Map();
  /** Endpoints that were let go since the last flips. */
  #gone: { readonly ifindex: number; readonly configId: number }[] = [];
  #nextId = CONFIG_OPEN + 1;
  /** An endpoint of the last flips found no row for its configuration. */
  #waiting = false;
  readonly #freeSlots: number[] = [];
  #nextSlot = 1;

  /** `takeOver`: nanoseconds for which TCP without evidence is adopted at a pod that ran open. */
  constructor(takeOver: bigint) {
    this.#takeOver = takeOver;
  }

  get(pod: string): { readonly binding: Binding; readonly counters: number; readonly word: EndpointWord | undefined } | undefined {
    return this.#endpoints.get(pod);
  }

  keys(): Iterable<string> {
    return this.#endpoints.keys();
  }

  get size(): number {
    return this.#endpoints.size;
  }

  /** In use in the kernel's tables of these names. */
  get rows(): { readonly configs: number; readonly local_pods: number } {
    return { configs: this.#nextId - (CONFIG_OPEN + 1) - this.#freeIds.length, local_pods: this.#localPods.size };
  }

  bind(pod: string, binding: Binding, ranOpen: boolean, takeOverUntil: bigint): void {
    this.unbind(pod);
    this.#endpoints.set(pod, {
      binding,
      number: this.#numberFor(binding.ifindex),
      counters: this.#freeSlots.pop() ?? (this.#nextSlot < COUNTER_SLOTS ? this.#nextSlot++ : 0),
      counted: false,
      configId: CONFIG_UNSET,
      configKey: '',
      config: undefined,
      word: undefined,
      ingress: undefined,
      egress: undefined,
      ranOpen,
      takeOverUntil,
    });
  }

  unbind(pod: string): void {
    const endpoint = this.#endpoints.get(pod);
    if (endpoint === undefined) return;
    this.#endpoints.delete(pod);
    this.#gone.push({ ifindex: endpoint.binding.ifindex, configId: endpoint.configId });
    if (endpoint.counters !== 0) this.#freeSlots.push(endpoint.counters);
  }

  /** Operations that bring every endpoint to its intent. `bump` says whether flows must be judged again. */
  flips(
    intentOf: (pod: string) => EndpointIntent,
    bump: (before: Pick<Endpoint, 'ingress' | 'egress'>, after: EndpointIntent) => boolean,
    generation: { readonly current: number; readonly next: () => number },
    strangerRef: StrangerRef,
    now: { readonly ms: number; readonly monotonic: bigint },
  ): Operation[] {
    const configs: Operation[] = [];
    const words: Operation[] = [];
    this.#waiting = false;
    for (const [pod, endpoint] of this.#endpoints) {
      const intent = intentOf(pod);
      const isolated = intent.ingress !== undefined || intent.egress !== undefined;
      const wasIsolated = endpoint.ingress !== undefined || endpoint.egress !== undefined;
      if (isolated && !wasIsolated && endpoint.ranOpen) endpoint.takeOverUntil = now.monotonic + this.#takeOver;
      if (!isolated) endpoint.ranOpen = true;
      const stale = endpoint.word === undefined || bump(endpoint, intent);
      const config = makeConfig(endpoint, intent, strangerRef);
      const key = config === undefined ? 'open' : configKeyOf(config);
      if (key !== endpoint.configKey) {
        if (config !== undefined && !this.#hasFreeId()) {
          this.#waiting = true;
          continue;
        }
        this.#retire(endpoint.configId, now.ms);
        endpoint.configKey = key;
        endpoint.config = config;
        endpoint.configId = CONFIG_OPEN;
        if (config !== undefined) {
          endpoint.configId = this.#freeIds.pop() ?? this.#nextId++;
          if (!endpoint.counted && endpoint.counters !== 0) configs.push({ op: 'reset-counters', slot: endpoint.counters });
          endpoint.counted = true;
          configs.push({ op: 'put-config', id: endpoint.configId, config });
        }
      }
      const fresh = stale || endpoint.word === undefined ? generation.next() : endpoint.word.generation;
      endpoint.ingress = intent.ingress;
      endpoint.egress = intent.egress;
      if (endpoint.word?.config === endpoint.configId && endpoint.word.generation === fresh) continue;
      endpoint.word = { config: endpoint.configId, generation: fresh };
      words.push({ op: 'set-endpoint', ifindex: endpoint.binding.ifindex, word: endpoint.word });
    }
    const bound = new Set([...this.#endpoints.values()].map((endpoint) => endpoint.binding.ifindex));
    for (const { ifindex, configId } of this.#gone) {
      this.#retire(configId, now.ms);
      if (!bound.has(ifindex)) words.push({ op: 'set-endpoint', ifindex, word: { config: CONFIG_UNSET, generation: 0 } });
    }
    this.#gone = [];
    const before = this.#localPods;
    this.#localPods = this.#findLocalPods();
    const added: Operation[] = [];
    for (const [address, ifindex] of this.#localPods)
      if (before.get(address) !== ifindex) added.push({ op: 'put-local-pod', address, ifindex });
    const removed: Operation[] = [];
    for (const address of before.keys()) if (!this.#localPods.has(address)) removed.push({ op: 'delete-local-pod', address });
    return [...configs, ...added, ...words, ...removed];
  }

  /** Some endpoint's egress is looked at: then what the node forwards must be judged too. */
  get judgesEgress(): boolean {
    return this.#endpoints.values().some(({ config }) => config !== undefined && (config.held || config.egress.ruleset !== 0));
  }

  /** Rows come back a second after nobody reads them any more; an endpoint that finds none keeps what it has until then. */
  get waiting(): boolean {
    return this.#waiting && this.#hasFreeId();
  }

  #hasFreeId(): boolean {
    return this.#freeIds.length > 0 || this.#nextId < CONFIG_ROWS;
  }

  #findLocalPods(): ReadonlyMap<Address, number> {
    const found = new Map<Address, number>();
    for (const { binding, config } of this.#endpoints.values()) {
      for (const address of [config?.ipv4, config?.ipv6]) if (address !== undefined) found.set(address, binding.ifindex);
    }
    return found;
  }

  /** Configurations and words as of the last flips. */
  *desired(): Generator<Extract<Operation, { op: 'put-config' | 'set-endpoint' | 'put-local-pod' }>> {
    for (const [address, ifindex] of this.#localPods) yield { op: 'put-local-pod', address, ifindex };
    for (const { binding, configId, config, word } of this.#endpoints.values()) {
      if (word === undefined) continue;
      if (config !== undefined) yield { op: 'put-config', id: configId, config };
      yield { op: 'set-endpoint', ifindex: binding.ifindex, word };
    }
  }

  /** The next flips give new rows to the endpoints that have these: a row is never written anew while a packet may be reading it. */
  replaceConfigs(ids: ReadonlySet<number>): void {
    for (const endpoint of this.#endpoints.values()) if (ids.has(endpoint.configId)) endpoint.configKey = '';
  }

  /** Nothing judged for a while at these interfaces: the next flips treat their endpoints as isolated from then on. */
  ranOpen(interfaces: ReadonlySet<number>): void {
    for (const endpoint of this.#endpoints.values()) {
      if (interfaces.has(endpoint.binding.ifindex)) Object.assign(endpoint, { ranOpen: true, ingress: undefined, egress: undefined });
    }
  }

  /** Nothing judges yet at these interfaces: a take-over window begins with the next flips, not with those that gave it. */
  delayTakeOver(interfaces: ReadonlySet<number>): void {
    for (const endpoint of this.#endpoints.values()) {
      const given = endpoint.ranOpen && endpoint.takeOverUntil > 0n;
      if (given && interfaces.has(endpoint.binding.ifindex)) Object.assign(endpoint, { ingress: undefined, egress: undefined });
    }
  }

  /** Configuration rows that no packet can be reading any more. */
  removals(now: number, delay: number): Operation[] {
    const due = this.#retired.filter(({ since }) => now - since >= delay);
    for (const { id } of due) {
      this.#retired.splice(
        this.#retired.findIndex((row) => row.id === id),
        1,
      );
      this.#freeIds.push(id);
    }
    return due.map(({ id }) => ({ op: 'delete-config', id }));
  }

  get pending(): boolean {
    return this.#retired.length > 0;
  }

  /** Keys have 24 bits for it (struct flow_key); beyond, the next number that no endpoint has. */
  #numberFor(ifindex: number): number {
    const taken = new Set([...this.#endpoints.values()].map((endpoint) => endpoint.number));
    let number = ifindex % ENDPOINT_NUMBERS;
    while (taken.has(number)) number = (number + 1) % ENDPOINT_NUMBERS;
    return number;
  }

  #retire(id: number, since: number): void {
    if (id > CONFIG_OPEN) this.#retired.push({ id, since });
  }
}
