/** Rows of maps in words, for reports of drift. */

import { addressFromBytes, formatAddress, formatPrefix } from '../model/ip.ts';
import { CONFIG_OPEN, CONFIG_UNSET, PORT_SET_ALL, PORT_SET_NONE } from '../model/plan.ts';
import { PROTOCOL_NUMBER, PROTOCOLS } from '../model/verdict.ts';
import { LAYOUT, readU32 } from './layout.ts';
import { decodeFrontend, decodePair, decodePortRow, decodePrefix, type TableName } from './rows.ts';

const NO_VALUE = new Uint8Array(4);

export function describeKey(table: TableName, key: Uint8Array): string {
  switch (table) {
    case 'ports': {
      const { protocol, port, length } = decodePortRow(key, NO_VALUE);
      return `port set ${readU32(key)}, ${protocolName(protocol)} ${length === 16 ? port : `${port}/${length}`}`;
    }
    case 'pairs': {
      const { ruleset, identity } = decodePair(key);
      return `ruleset ${ruleset}, identity ${identity}`;
    }
    case 'ipcache':
    case 'local_pods':
      return formatAddress(addressFromBytes(key));
    case 'prefixes':
      return formatPrefix(decodePrefix(key));
    case 'frontends': {
      const { address, protocol, port } = decodeFrontend(key);
      return `${address === undefined ? 'node port' : formatAddress(address)}, ${protocolName(protocol)} ${port}`;
    }
    case 'configs':
      return `configuration ${readU32(key)}`;
    case 'endpoints':
      return `interface ${readU32(key)}`;
  }
}

/** `other` is what it is compared with: of a configuration only what differs is told. */
export function describeValue(table: TableName, value: Uint8Array, other: Uint8Array | undefined): string {
  const text = describe(table, value, other);
  // What the words leave out may be all that differs.
  if (other !== undefined && describe(table, other, value) === text) return `${text} (${hex(value)})`;
  return text;
}

function describe(table: TableName, value: Uint8Array, other: Uint8Array | undefined): string {
  switch (table) {
    case 'ports':
      return ['deny', 'allow', 'would-deny'][readU32(value)] ?? `verdict ${readU32(value)}`;
    case 'pairs': {
      const [portSet, lengths] = [readU32(value), readU32(value, 4)];
      if (portSet === PORT_SET_NONE) return 'no ports';
      return portSet === PORT_SET_ALL ? 'all ports' : `port set ${portSet} (lengths ${lengths.toString(16)})`;
    }
    case 'ipcache':
      return `identity ${readU32(value)}${readU32(value, 4) === 0 ? '' : ', own node'}`;
    case 'prefixes':
      return `identity ${readU32(value)}`;
    case 'frontends':
      return readU32(value) === 0 ? 'a frontend' : `endpoints ${readU32(value)}`;
    case 'local_pods':
      return `interface ${readU32(value)}`;
    case 'configs':
      return describeConfig(value, other);
    case 'endpoints': {
      const [config, generation] = [readU32(value), readU32(value, 4)];
      if (config === CONFIG_UNSET) return 'unset';
      return `${config === CONFIG_OPEN ? 'open' : `configuration ${config}`}, generation ${generation}`;
    }
  }
}

function describeConfig(value: Uint8Array, other: Uint8Array | undefined): string {
  return Object.entries(LAYOUT.endpoint_config)
    .map(([name, [offset, size]]) => [name, hex(value.subarray(offset, offset + size)), hex(other?.subarray(offset, offset + size))])
    .filter(([name, ours, theirs]) => name !== '' && ours !== theirs)
    .map(([name, ours]) => `${name} ${ours}`)
    .join(', ');
}

function protocolName(protocol: number): string {
  return PROTOCOLS.find((candidate) => PROTOCOL_NUMBER[candidate] === protocol) ?? `protocol ${protocol}`;
}

function hex(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : Buffer.from(bytes).toString('hex');
}
