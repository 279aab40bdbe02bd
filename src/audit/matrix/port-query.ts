/** A question about ports, as people type it: `443`, `53/UDP`, `SCTP`, `8000-8080/TCP`. */

import { PosternError } from '../../model/error.ts';
import { PROTOCOLS, type Protocol } from '../../model/verdict.ts';
import { containsPorts, intersectPorts, isEmptyPorts, portsOf, type Ports } from '../../policy/ports.ts';

const LAST_PORT = 65535;

/** What is asked about; never empty. A number without a protocol is TCP's, as in a NetworkPolicy. */
export type PortQuery = Ports;

/** How much of what was asked is allowed. */
export type Extent = 'all' | 'some' | 'none';

/** Undefined where the text is empty: everything is asked. */
export function parsePortQuery(text: string): PortQuery | undefined {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  return words.length === 0 ? undefined : portsOf(words.map(parseWord));
}

function parseWord(word: string): { protocol: Protocol; first: number; last: number } {
  const [, range, from, to, after, alone] = /^(?:((\d{1,5})(?:-(\d{1,5}))?)(?:\/([a-z]+))?|([a-z]+))$/i.exec(word) ?? [];
  const name = (after ?? alone ?? 'TCP').toUpperCase();
  const protocol = PROTOCOLS.find((known) => known === name);
  const first = range === undefined ? 0 : Number(from);
  const last = range === undefined ? LAST_PORT : Number(to ?? from);
  const sound = (range !== undefined || alone !== undefined) && first <= last && last <= LAST_PORT;
  if (!sound || protocol === undefined) {
    throw new PosternError('E_PORT_QUERY', `"${word}" is no port`, { mend: 'write it as 443, 53/UDP, 8000-8080/TCP or SCTP' });
  }
  return { protocol, first, last };
}

export function extentOf(ports: Ports, query: PortQuery | undefined): Extent {
  if (query === undefined) return ports === 'all' ? 'all' : isEmptyPorts(ports) ? 'none' : 'some';
  if (containsPorts(ports, query)) return 'all';
  return isEmptyPorts(intersectPorts(ports, query)) ? 'none' : 'some';
}

/** Of what is allowed, what was asked about. */
export function narrowPorts(ports: Ports, query: PortQuery | undefined): Ports {
  return query === undefined ? ports : intersectPorts(ports, query);
}
