/** Port entries of a rule (networking/v1 NetworkPolicyPort): reading them. */

import { PROTOCOLS } from '../../../src/model/verdict.ts';
import type { Protocol } from '../../../src/model/verdict.ts';
import { check, optional, readObject } from './read.ts';
import type { Report } from './read.ts';

export interface PolicyPort {
  readonly protocol: Protocol;
  /** Absent: every port of the protocol. */
  readonly port: number | string | undefined;
  /** Inclusive. */
  readonly endPort: number | undefined;
}

export function readPort(report: Report, field: string, value: unknown): PolicyPort {
  const entry = readObject(report, field, value, ['protocol', 'port', 'endPort']);
  const protocol = optional(entry?.['protocol']) ?? 'TCP';
  const port = optional(entry?.['port']);
  const endPort = optional(entry?.['endPort']);

  check(report, `${field}.protocol`, (PROTOCOLS as readonly unknown[]).includes(protocol), 'must be TCP, UDP or SCTP');
  if (typeof port === 'string') check(report, `${field}.port`, isPortName(port), 'is not a port name');
  else if (port !== undefined) check(report, `${field}.port`, isPortNumber(port), 'must be a number from 1 to 65535, or a name');
  if (endPort !== undefined) {
    check(report, `${field}.endPort`, typeof port === 'number', 'needs a numeric port');
    check(report, `${field}.endPort`, isPortNumber(endPort) && endPort >= Number(port), 'must be a number from port to 65535');
  }
  return { protocol, port, endPort } as PolicyPort;
}

function isPortNumber(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65535;
}

/** RFC 6335: at most 15 of a-z, 0-9 and single inner hyphens, with one letter at least. So "80" is no name. */
function isPortName(value: string): boolean {
  return value.length <= 15 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(value) && /[a-z]/.test(value);
}
