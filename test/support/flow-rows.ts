/** Rows of the conntrack table, found by their ends: looked at, forgotten, aged, and written as after_nat writes them. */

import * as native from '../../native/index.js';
import * as layout from '../../src/datapath/layout.ts';
import type { Address } from '../../src/model/ip.ts';

/** Ports as in the key: an echo's are its identifier, and who asks. */
export interface FlowEnds {
  readonly remote: Address;
  readonly protocol: number;
  readonly localPort: number;
  readonly remotePort: number;
}

export interface FlowWord {
  /** 0: never current. */
  readonly generation: number;
  readonly openedBy: 'pod' | 'peer';
  readonly node: boolean;
  readonly rewritten: boolean;
}

const OPENED_BY_POD = 1n << 32n;
const NODE = 1n << 34n;
const REWRITTEN = 1n << 35n;
const GENERATION = 0xffffffffn;

interface Row {
  readonly key: Buffer;
  readonly value: Buffer;
}

function findRows(map: native.Fd, ends: FlowEnds): Row[] {
  const { keys, values, count } = native.mapDump(map);
  const { '': whole, scope, local_port: local, remote_port: remote } = layout.LAYOUT.flow_key;
  const [keySize, valueSize] = [whole[1], layout.LAYOUT.flow[''][1]];
  return Array.from({ length: count }, (_, index) => ({
    key: keys.subarray(index * keySize, (index + 1) * keySize),
    value: values.subarray(index * valueSize, (index + 1) * valueSize),
  })).filter(
    ({ key }) =>
      key[scope[0]] === ends.protocol &&
      key.readUInt16BE(local[0]) === ends.localPort &&
      key.readUInt16BE(remote[0]) === ends.remotePort &&
      layout.flowRemote(key) === ends.remote,
  );
}

export function forgetFlow(map: native.Fd, ends: FlowEnds): void {
  for (const { key } of findRows(map, ends)) native.mapDelete(map, key);
}

export function readFlow(map: native.Fd, ends: FlowEnds): FlowWord | undefined {
  const row = findRows(map, ends)[0];
  if (row === undefined) return undefined;
  const word = row.value.readBigUInt64LE(layout.LAYOUT.flow.state[0]);
  return {
    generation: Number(word & GENERATION),
    openedBy: (word & OPENED_BY_POD) === 0n ? 'peer' : 'pod',
    node: (word & NODE) !== 0n,
    rewritten: (word & REWRITTEN) !== 0n,
  };
}

/** What after_nat writes where it allows what kube-proxy has rewritten: into the row that the pod's packet has made, and into no other. */
export function allowRewritten(map: native.Fd, ends: FlowEnds, generation: number): void {
  for (const { key, value } of findRows(map, ends)) {
    const at = layout.LAYOUT.flow.state[0];
    const kept = value.readBigUInt64LE(at) & ~(GENERATION | NODE);
    value.writeBigUInt64LE(kept | OPENED_BY_POD | REWRITTEN | BigInt(generation), at);
    native.mapPut(map, key, value);
  }
}

/** Make every flow look as if it had been quiet for so long. */
export function ageFlows(map: native.Fd, jiffies: number): void {
  changeValues(map, layout.LAYOUT.flow[''][1], (view, at) => {
    const seen = at + layout.LAYOUT.flow.seen[0];
    view.setBigUint64(seen, view.getBigUint64(seen, true) - BigInt(jiffies), true);
  });
}

/** The same for first fragments; `fragment` is the layout of their rows. */
export function ageFragments(map: native.Fd, fragment: ReturnType<typeof native.structLayout>, jiffies: number): void {
  const seen = fragment['seen']?.[0] ?? 0;
  changeValues(map, fragment['']?.[1] ?? 0, (view, at) => {
    view.setUint32(at + seen, (view.getUint32(at + seen, true) - jiffies) >>> 0, true);
  });
}

function changeValues(map: native.Fd, size: number, change: (view: DataView, at: number) => void): void {
  const { keys, values, count } = native.mapDump(map);
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  for (let index = 0; index < count; index += 1) change(view, index * size);
  if (count > 0) native.mapPutBatch(map, keys, values, count);
}
