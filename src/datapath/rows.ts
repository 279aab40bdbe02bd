/** Operations as rows of maps, and rows as operations again: how a comparison reads what the kernel holds. */

import { addressBytes, addressFromBytes, maskAddress } from '../model/ip.ts';
import { CONFIG_UNSET, type Frontend, type Operation, type PortRow, type PutOperation } from '../model/plan.ts';
import type { Verdict } from '../model/verdict.ts';
import * as layout from './layout.ts';

export type TableName = 'ports' | 'pairs' | 'ipcache' | 'prefixes' | 'frontends' | 'local_pods' | 'configs' | 'endpoints';

export interface Table {
  /** The map's name in the object; `endpoints` stands for `far_endpoints` too. */
  readonly name: TableName;
  readonly put: PutOperation['op'];
  readonly keySize: number;
  readonly valueSize: number;
  /** A row that nobody told of judges packets. Nothing leads to a configuration that no endpoint's word names. */
  readonly closed: boolean;
}

const size = (struct: keyof typeof layout.LAYOUT): number => layout.LAYOUT[struct][''][1];

export const TABLES: Readonly<Record<TableName, Table>> = {
  ports: { name: 'ports', put: 'put-port-set', keySize: size('port_key'), valueSize: 4, closed: true },
  pairs: { name: 'pairs', put: 'put-pair', keySize: size('pair_key'), valueSize: size('port_set_ref'), closed: true },
  ipcache: { name: 'ipcache', put: 'put-address', keySize: 16, valueSize: size('identity_row'), closed: true },
  prefixes: { name: 'prefixes', put: 'put-prefix', keySize: size('prefix_key'), valueSize: 4, closed: true },
  frontends: { name: 'frontends', put: 'put-frontend', keySize: size('frontend_key'), valueSize: 4, closed: true },
  local_pods: { name: 'local_pods', put: 'put-local-pod', keySize: 16, valueSize: 4, closed: true },
  configs: { name: 'configs', put: 'put-config', keySize: 4, valueSize: size('endpoint_config'), closed: false },
  endpoints: { name: 'endpoints', put: 'set-endpoint', keySize: 4, valueSize: 8, closed: true },
};

export interface Row {
  readonly table: TableName;
  readonly key: Uint8Array;
  /** `undefined`: taken away. */
  readonly value: Uint8Array | undefined;
}

export function rowsOf(operation: Operation): Row[] {
  switch (operation.op) {
    case 'put-port-set':
    case 'delete-port-set': {
      const { op, portSet } = operation;
      return portSet.rows.map((row) => ({
        table: 'ports',
        key: layout.encodePortKey(portSet.id, row),
        value: op === 'put-port-set' ? layout.u32(layout.VERDICT_NUMBER[row.verdict]) : undefined,
      }));
    }
    case 'put-pair':
    case 'delete-pair': {
      const key = layout.encodePair(operation.ruleset, operation.identity);
      return [{ table: 'pairs', key, value: operation.op === 'put-pair' ? layout.encodePortSetRef(operation.ref) : undefined }];
    }
    case 'put-address':
    case 'delete-address': {
      const value = operation.op === 'put-address' ? layout.encodeIdentity(operation.identity, operation.ownNode) : undefined;
      return [{ table: 'ipcache', key: addressBytes(operation.address), value }];
    }
    case 'put-prefix':
    case 'delete-prefix': {
      const key = layout.encodePrefix(operation.prefix);
      return [{ table: 'prefixes', key, value: operation.op === 'put-prefix' ? layout.u32(operation.identity) : undefined }];
    }
    case 'put-frontend':
    case 'delete-frontend': {
      const value = operation.op === 'put-frontend' ? layout.u32(operation.endpoints) : undefined;
      return [{ table: 'frontends', key: layout.encodeFrontend(operation.frontend), value }];
    }
    case 'put-local-pod':
    case 'delete-local-pod': {
      const value = operation.op === 'put-local-pod' ? layout.u32(operation.ifindex) : undefined;
      return [{ table: 'local_pods', key: addressBytes(operation.address), value }];
    }
    case 'put-config':
      return [{ table: 'configs', key: layout.u32(operation.id), value: layout.encodeConfig(operation.config) }];
    case 'delete-config':
      return [{ table: 'configs', key: layout.u32(operation.id), value: undefined }];
    case 'set-endpoint': {
      const value = operation.word.config === CONFIG_UNSET ? undefined : encodeWord(layout.encodeWord(operation.word));
      return [{ table: 'endpoints', key: layout.u32(operation.ifindex), value }];
    }
    case 'reset-counters':
    case 'sweep-flows':
      return [];
  }
}

/** The operation that puts a row. A configuration has none: its row is never written anew. */
export function putOperation(table: Exclude<TableName, 'configs'>, key: Uint8Array, value: Uint8Array): Operation {
  switch (table) {
    case 'ports':
      return { op: 'put-port-set', portSet: { id: layout.readU32(key), rows: [decodePortRow(key, value)] } };
    case 'pairs':
      return { op: 'put-pair', ...decodePair(key), ref: { portSet: layout.readU32(value), lengths: layout.readU32(value, 4) } };
    case 'ipcache': {
      const [identity, flags] = [layout.readU32(value), layout.readU32(value, 4)];
      return { op: 'put-address', address: addressFromBytes(key), identity, ownNode: flags !== 0 };
    }
    case 'prefixes':
      return { op: 'put-prefix', prefix: decodePrefix(key), identity: layout.readU32(value) };
    case 'frontends':
      return { op: 'put-frontend', frontend: decodeFrontend(key), endpoints: layout.readU32(value) };
    case 'local_pods':
      return { op: 'put-local-pod', address: addressFromBytes(key), ifindex: layout.readU32(value) };
    case 'endpoints':
      return {
        op: 'set-endpoint',
        ifindex: layout.readU32(key),
        word: { config: layout.readU32(value), generation: layout.readU32(value, 4) },
      };
  }
}

/** The operation that takes a row away. */
export function removeOperation(table: Exclude<TableName, 'configs'>, key: Uint8Array): Operation {
  switch (table) {
    case 'ports':
      return { op: 'delete-port-set', portSet: { id: layout.readU32(key), rows: [decodePortRow(key, layout.u32(0))] } };
    case 'pairs':
      return { op: 'delete-pair', ...decodePair(key) };
    case 'ipcache':
      return { op: 'delete-address', address: addressFromBytes(key) };
    case 'prefixes':
      return { op: 'delete-prefix', prefix: decodePrefix(key) };
    case 'frontends':
      return { op: 'delete-frontend', frontend: decodeFrontend(key) };
    case 'local_pods':
      return { op: 'delete-local-pod', address: addressFromBytes(key) };
    case 'endpoints':
      return { op: 'set-endpoint', ifindex: layout.readU32(key), word: { config: CONFIG_UNSET, generation: 0 } };
  }
}

/** The trie ignores what stands behind a prefix, and gives it back as it was written. */
export function maskPrefixKey(key: Uint8Array): Uint8Array {
  const length = Math.min(layout.readU32(key), 128);
  return layout.encodePrefix({ address: maskAddress(addressFromBytes(key, 4), length), length });
}

export function decodePortRow(key: Uint8Array, value: Uint8Array): PortRow {
  const view = new DataView(key.buffer, key.byteOffset);
  return { protocol: view.getUint8(4), length: view.getUint8(5), port: view.getUint16(6), verdict: decodeVerdict(value) };
}

export function decodePair(key: Uint8Array): { ruleset: number; identity: number } {
  return { ruleset: layout.readU32(key), identity: layout.readU32(key, 4) };
}

export function decodePrefix(key: Uint8Array): { address: bigint; length: number } {
  return { address: addressFromBytes(key, 4), length: layout.readU32(key) };
}

export function decodeFrontend(key: Uint8Array): Frontend {
  const view = new DataView(key.buffer, key.byteOffset);
  // The unspecified address stands for any of the own node's.
  const address = addressFromBytes(key);
  return { address: address === 0n ? undefined : address, port: view.getUint16(16), protocol: view.getUint8(18) };
}

function decodeVerdict(value: Uint8Array): Verdict {
  const number = layout.readU32(value);
  const verdicts = Object.entries(layout.VERDICT_NUMBER) as [Verdict, number][];
  return verdicts.find(([, each]) => each === number)?.[0] ?? 'deny';
}

function encodeWord(word: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, word, true);
  return bytes;
}
