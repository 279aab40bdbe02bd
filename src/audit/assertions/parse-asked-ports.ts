/** Reads the ports of an assertion: `5432`, `http`, `53/UDP`, `8000-8080/TCP`, or a list of these. */

import { describeValue } from '../../model/decode/fields.ts';
import { PROTOCOLS } from '../../model/verdict.ts';
import { LAST_PORT } from '../../policy/parse-ports.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import type { AskedPorts } from './assertion.ts';

const NUMBERS = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(TCP|UDP|SCTP|tcp|udp|sctp))?$/;
/** IANA service name, RFC 6335 section 5.1. */
const NAME = /^(?=[a-z0-9-]*[a-z])(?!.*--)([a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?)(?:\/(TCP|UDP|SCTP|tcp|udp|sctp))?$/;

/** Undefined where none is said, and where one has a problem, which is reported. */
export function parseAskedPorts(value: unknown, field: string, reader: ConfigReader): readonly AskedPorts[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) {
    const port = parsePort(value, field, reader);
    return port && [port];
  }
  if (value.length === 0) return reader.report(field, 'an empty list asks for no port', 'list ports, or leave it out to mean every port');
  return value.flatMap((entry: unknown, index) => parsePort(entry, `${field}[${index}]`, reader) ?? []);
}

function parsePort(value: unknown, field: string, reader: ConfigReader): AskedPorts | undefined {
  const text = typeof value === 'number' && Number.isInteger(value) ? String(value) : value;
  if (typeof text === 'string') {
    const [, from, to, of] = NUMBERS.exec(text) ?? [];
    if (from !== undefined) {
      const [first, last] = [Number(from), Number(to ?? from)];
      if (first >= 1 && first <= last && last <= LAST_PORT) return { protocol: protocolOf(of), first, last };
    }
    const [, name, protocol] = NAME.exec(text) ?? [];
    if (from === undefined && name !== undefined) return { protocol: protocolOf(protocol), name };
  }
  return reader.report(field, `${describeValue(value)} is no port`, 'write a port such as 8080, http, 53/UDP or 8000-8080/TCP');
}

function protocolOf(word: string | undefined): AskedPorts['protocol'] {
  return PROTOCOLS.find((known) => known === word?.toUpperCase()) ?? 'TCP';
}
