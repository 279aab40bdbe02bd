/** Applies operations to the kernel's maps: runs of one kind become one batch, so a large plan costs few system calls. */

import * as native from '../../native/index.js';
import { PosternError } from '../model/error.ts';
import { addressBytes, isIPv4, MAPPED, type Address, type Prefix } from '../model/ip.ts';
import { CONFIG_OPEN, CONFIG_UNSET, type Operation } from '../model/plan.ts';
import * as layout from './layout.ts';
import { PacketTotals } from './packet-totals.ts';

/** Tables that fill up with the cluster, of which an agent says how full they are. */
const FILLING = ['ports', 'pairs', 'ipcache', 'prefixes', 'frontends', 'local_pods', 'configs', 'conntrack'] as const;
/** Interfaces with a larger index have their word in a hash map (ENDPOINT_SLOTS). */
const ENDPOINT_SLOTS = 131_072;
/** BPF_EXIST */
const EXISTING = 2;

type OperationOf<Kind extends Operation['op']> = Extract<Operation, { op: Kind }>;

export class KernelMaps {
  readonly #maps: native.LoadedObject['maps'];
  readonly #words: BigUint64Array;
  readonly #runtime: Uint32Array;
  readonly totals: PacketTotals;
  /** Prefixes beside the permanent one, by family: the program asks the trie only for families that have some. */
  readonly #prefixes = { ipv4: new Set<string>(), ipv6: new Set<string>() };

  constructor(maps: native.LoadedObject['maps']) {
    this.#maps = maps;
    this.#words = new BigUint64Array(native.mapMmap(this.fd('endpoints')));
    this.#runtime = new Uint32Array(native.mapMmap(this.fd('runtime')));
    this.totals = new PacketTotals(this.fd('counters'));
  }

  fd(map: string): native.Fd {
    const loaded = this.#maps[map];
    if (loaded === undefined)
      throw new PosternError('E_DATAPATH', `the BPF object has no map "${map}"`, { mend: 'build it again: npm run build' });
    return loaded.fd;
  }

  /** Rows that fit into each table. */
  get capacities(): Readonly<Record<string, number>> {
    return Object.fromEntries(FILLING.map((name) => [name, this.#maps[name]?.maxEntries ?? 0]));
  }

  get runtime(): Uint32Array {
    return this.#runtime;
  }

  /** 1: IPv4 has prefixes, 2: IPv6 has. */
  get prefixFamilies(): number {
    return (this.#prefixes.ipv4.size > 0 ? 1 : 0) | (this.#prefixes.ipv6.size > 0 ? 2 : 0);
  }

  apply(operations: readonly Operation[]): void {
    let start = 0;
    while (start < operations.length) {
      let end = start + 1;
      while (end < operations.length && operations[end]?.op === operations[start]?.op) end += 1;
      this.#applyRun(operations.slice(start, end));
      start = end;
    }
  }

  #applyRun(run: readonly Operation[]): void {
    const first = run[0];
    if (first === undefined) return;
    try {
      this.#applyKind(first.op, run);
    } catch (cause) {
      throw new PosternError(
        'E_DATAPATH',
        `${first.op} failed for ${run.length} operations: ${cause instanceof Error ? cause.message : String(cause)}`,
        {
          cause,
        },
      );
    }
  }

  #applyKind(op: Operation['op'], run: readonly Operation[]): void {
    switch (op) {
      case 'put-port-set': {
        const rows = of<'put-port-set'>(run).flatMap(({ portSet }) => portSet.rows.map((row) => ({ id: portSet.id, row })));
        this.#put(
          'ports',
          rows,
          ({ id, row }) => layout.encodePortKey(id, row),
          ({ row }) => layout.u32(layout.VERDICT_NUMBER[row.verdict]),
        );
        return;
      }
      case 'delete-port-set': {
        const rows = of<'delete-port-set'>(run).flatMap(({ portSet }) => portSet.rows.map((row) => ({ id: portSet.id, row })));
        this.#delete('ports', rows, ({ id, row }) => layout.encodePortKey(id, row));
        return;
      }
      case 'put-pair':
        this.#put(
          'pairs',
          of<'put-pair'>(run),
          ({ ruleset, identity }) => layout.encodePair(ruleset, identity),
          ({ ref }) => layout.encodePortSetRef(ref),
        );
        return;
      case 'delete-pair':
        this.#delete('pairs', of<'delete-pair'>(run), ({ ruleset, identity }) => layout.encodePair(ruleset, identity));
        return;
      case 'put-address':
        this.#put(
          'ipcache',
          of<'put-address'>(run),
          ({ address }) => addressBytes(address),
          ({ identity, ownNode }) => layout.encodeIdentity(identity, ownNode),
        );
        return;
      case 'delete-address':
        this.#delete('ipcache', of<'delete-address'>(run), ({ address }) => addressBytes(address));
        return;
      case 'put-prefix': {
        const puts = of<'put-prefix'>(run);
        this.#put(
          'prefixes',
          puts,
          ({ prefix }) => layout.encodePrefix(prefix),
          ({ identity }) => layout.u32(identity),
        );
        for (const { prefix, identity } of puts) this.#countPrefix(prefix, !isPermanent(prefix) || identity !== 0);
        return;
      }
      case 'delete-prefix': {
        const deletes = of<'delete-prefix'>(run);
        this.#delete('prefixes', deletes, ({ prefix }) => layout.encodePrefix(prefix));
        for (const { prefix } of deletes) this.#countPrefix(prefix, false);
        return;
      }
      case 'put-frontend':
        this.#put(
          'frontends',
          of<'put-frontend'>(run),
          ({ frontend }) => layout.encodeFrontend(frontend),
          ({ endpoints }) => layout.u32(endpoints),
        );
        return;
      case 'delete-frontend':
        this.#delete('frontends', of<'delete-frontend'>(run), ({ frontend }) => layout.encodeFrontend(frontend));
        return;
      case 'put-local-pod':
        this.#put(
          'local_pods',
          of<'put-local-pod'>(run),
          ({ address }) => addressBytes(address),
          ({ ifindex }) => layout.u32(ifindex),
        );
        return;
      case 'delete-local-pod':
        this.#delete('local_pods', of<'delete-local-pod'>(run), ({ address }) => addressBytes(address));
        return;
      case 'put-config': {
        const puts = of<'put-config'>(run);
        for (const { config } of puts) this.totals.use(config.counters);
        this.#put(
          'configs',
          puts,
          ({ id }) => layout.u32(id),
          ({ config }) => layout.encodeConfig(config),
        );
        return;
      }
      case 'delete-config':
        // An array's rows stay; nobody names this one any more, and its next use writes it anew.
        return;
      case 'set-endpoint':
        for (const { ifindex, word } of of<'set-endpoint'>(run)) this.#setWord(ifindex, layout.encodeWord(word));
        return;
      case 'reset-counters':
        for (const { slot } of of<'reset-counters'>(run)) this.totals.reset(slot);
        return;
      case 'sweep-flows':
        for (const { addresses } of of<'sweep-flows'>(run)) this.#sweepFlows(new Set(addresses));
        return;
    }
  }

  /** Run something while the programs pass everything at an interface; its word is what it was afterwards. */
  whileOpen(ifindex: number, act: () => void): void {
    const word = this.#getWord(ifindex);
    this.#setWord(ifindex, layout.encodeWord({ config: CONFIG_OPEN, generation: 0 }));
    try {
      act();
    } finally {
      this.#setWord(ifindex, word);
    }
  }

  /** Which endpoint an interface is, and the slot of its counters; `undefined` where nothing is judged. */
  endpointAt(ifindex: number): { readonly endpoint: number; readonly counters: number } | undefined {
    const id = Number(this.#getWord(ifindex) & 0xffffffffn);
    if (id === CONFIG_OPEN) return undefined;
    const row = new Uint8Array(layout.LAYOUT.endpoint_config[''][1]);
    const found = id !== CONFIG_UNSET && native.mapGet(this.fd('configs'), layout.u32(id), row);
    return found ? layout.decodeConfigEndpoint(row) : { endpoint: 0, counters: 0 };
  }

  #getWord(ifindex: number): bigint {
    if (ifindex < ENDPOINT_SLOTS) return Atomics.load(this.#words, ifindex);
    const value = new Uint8Array(8);
    native.mapGet(this.fd('far_endpoints'), layout.u32(ifindex), value);
    return new DataView(value.buffer).getBigUint64(0, true);
  }

  /** One store of one aligned word: a packet sees the old configuration and generation, or the new ones. */
  #setWord(ifindex: number, word: bigint): void {
    if (ifindex < ENDPOINT_SLOTS) {
      Atomics.store(this.#words, ifindex, word);
      return;
    }
    const value = new Uint8Array(8);
    new DataView(value.buffer).setBigUint64(0, word, true);
    native.mapPut(this.fd('far_endpoints'), layout.u32(ifindex), value);
  }

  #sweepFlows(addresses: ReadonlySet<Address>): void {
    const conntrack = this.fd('conntrack');
    const { keys, values, count } = native.mapDump(conntrack);
    const dead: Uint8Array[] = [];
    const doubtful: { key: Uint8Array; value: Uint8Array }[] = [];
    for (let index = 0; index < count; index += 1) {
      const [key, value] = [nth(keys, layout.LAYOUT.flow_key[''][1], index), nth(values, layout.LAYOUT.flow[''][1], index)];
      if (addresses.has(layout.flowRemote(key))) dead.push(key);
      else if (layout.isRewritten(value)) doubtful.push({ key, value: layout.neverCurrent(value) });
    }
    if (dead.length > 0) native.mapDeleteBatch(conntrack, concatenate(dead), dead.length);
    // Their rows don't say whose address is behind the Service: judged again by the one that the kernel knows.
    for (const { key, value } of doubtful) this.#putIfThere(conntrack, key, value);
  }

  #putIfThere(map: native.Fd, key: Uint8Array, value: Uint8Array): void {
    try {
      native.mapPut(map, key, value, EXISTING);
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOENT') throw error;
    }
  }

  #countPrefix(prefix: Prefix, present: boolean): void {
    const key = `${prefix.address}/${prefix.length}`;
    const family = prefix.length >= MAPPED.length && isIPv4(prefix.address) ? this.#prefixes.ipv4 : this.#prefixes.ipv6;
    if (present) family.add(key);
    else family.delete(key);
    this.#runtime[layout.LAYOUT.runtime.prefix_families[0] / 4] = this.prefixFamilies;
  }

  #put<Row>(map: string, rows: readonly Row[], key: (row: Row) => Uint8Array, value: (row: Row) => Uint8Array): void {
    if (rows.length > 0) native.mapPutBatch(this.fd(map), concatenate(rows.map(key)), concatenate(rows.map(value)), rows.length);
  }

  #delete<Row>(map: string, rows: readonly Row[], key: (row: Row) => Uint8Array): void {
    if (rows.length > 0) native.mapDeleteBatch(this.fd(map), concatenate(rows.map(key)), rows.length);
  }
}

function of<Kind extends Operation['op']>(run: readonly Operation[]): readonly OperationOf<Kind>[] {
  return run as readonly OperationOf<Kind>[];
}

function isPermanent(prefix: Prefix): boolean {
  return prefix.length === MAPPED.length && prefix.address === MAPPED.address;
}

function nth(rows: Uint8Array, size: number, index: number): Uint8Array {
  return rows.subarray(index * size, (index + 1) * size);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const size = parts[0]?.length ?? 0;
  const all = new Uint8Array(size * parts.length);
  parts.forEach((part, index) => all.set(part, index * size));
  return all;
}
