/** The matrix as CSV (RFC 4180): a row for each pair. */

import { PROTOCOLS } from '../../model/verdict.ts';
import type { Ports } from '../../policy/ports.ts';
import { listPairs, type MatrixView, type Pair } from './matrix-view.ts';
import type { MatrixPeer } from './matrix-report.ts';

const HEADS = [
  'source_namespace',
  'source_kind',
  'source_name',
  'destination_namespace',
  'destination_kind',
  'destination_name',
  'verdict',
  'ports',
];

/** Rows as they come, each with its end of line: a large matrix is more text than a program can hold. */
export function* csvRows(view: MatrixView): Generator<string> {
  yield `${HEADS.join(',')}\r\n`;
  const starts = new Map<MatrixPeer, string>();
  const start = (peer: MatrixPeer): string => {
    let text = starts.get(peer);
    if (text === undefined) {
      text = [peer.namespace, peer.kind === 'outside' ? 'outside' : peer.workload, peer.name].map(quoteField).join(',');
      starts.set(peer, text);
    }
    return text;
  };
  for (const pair of listPairs(view))
    yield `${start(pair.source)},${start(pair.destination)},${verdictOf(pair)},${listPorts(pair.ports)}\r\n`;
}

/** Of the pair: `allow-all`, `allow-some`, `deny`. */
function verdictOf({ extent }: Pair): string {
  return extent === 'none' ? 'deny' : `allow-${extent}`;
}

/** `all`, or `80/TCP 8000-8080/TCP 53/UDP`; empty for none. */
function listPorts(ports: Ports): string {
  if (ports === 'all') return 'all';
  return PROTOCOLS.flatMap((protocol) =>
    ports[protocol].map(({ first, last }) => `${first === last ? first : `${first}-${last}`}/${protocol}`),
  ).join(' ');
}

/** A spreadsheet runs a field that starts like a formula: such a one gets an apostrophe in front, which spreadsheets take for "this is text". */
function quoteField(text: string): string {
  const tame = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
}
