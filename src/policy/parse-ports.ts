/** The `ports` entries of a rule. Anything that is off makes the policy invalid. */

import { PROTOCOLS, type Protocol } from '../model/verdict.ts';
import type { FieldReader } from './field-reader.ts';
import { describe } from './field-reader.ts';
import type { PortRule } from './policy.ts';

export const LAST_PORT = 65535;

/** `undefined` where the entry cannot be read. `{}` is every TCP port, since the protocol defaults to TCP. */
export function parsePort(value: unknown, field: string, reader: FieldReader): PortRule | undefined {
  const object = reader.entry(value, field, ['protocol', 'port', 'endPort']);
  if (object === undefined) return undefined;
  const protocol = object['protocol'] ?? 'TCP';
  if (!isProtocol(protocol)) {
    return reader.report(`${field}.protocol`, `unknown protocol ${describe(protocol)}`, `use one of ${PROTOCOLS.join(', ')}`);
  }
  const port = object['port'] ?? undefined;
  const endPort = object['endPort'] ?? undefined;
  if (port === undefined) {
    if (endPort !== undefined) return reader.report(`${field}.endPort`, 'endPort without port', 'give the first port as port');
    return { protocol, first: 0, last: LAST_PORT };
  }
  if (typeof port === 'string') {
    if (!isPortName(port)) {
      const mend = /^\d+$/.test(port)
        ? 'leave out quotes and leading zeros to mean a port number'
        : 'a port name has at most 15 of a-z, 0-9 and -, with a letter';
      return reader.report(`${field}.port`, `"${port}" is no port name`, mend);
    }
    if (endPort !== undefined) return reader.report(`${field}.endPort`, 'endPort beside a named port', 'give a number as port');
    return { protocol, name: port };
  }
  if (!isPortNumber(port)) return reader.report(`${field}.port`, `${describe(port)} is no port`, 'a port is a number from 1 to 65535');
  if (endPort === undefined) return { protocol, first: port, last: port };
  if (!isPortNumber(endPort) || endPort < port) {
    return reader.report(`${field}.endPort`, `${describe(endPort)} ends no range from ${port}`, 'endPort is a number from port to 65535');
  }
  return { protocol, first: port, last: endPort };
}

function isProtocol(value: unknown): value is Protocol {
  return (PROTOCOLS as readonly unknown[]).includes(value);
}

function isPortNumber(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= LAST_PORT;
}

/** IANA service name, RFC 6335 section 5.1, as the API checks it (IsValidPortName). */
function isPortName(text: string): boolean {
  return text.length <= 15 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text) && /[a-z]/.test(text) && !text.includes('--');
}
