/** How many rows of each of the kernel's tables are in use: a count that is kept, so that it costs nothing to ask. */

import type { DesiredParts } from './desired.ts';
import type { Members } from './members.ts';

/** As of the last flush, by the table's name in bpf/; rows that wait for their removal count. */
export function countTableRows(parts: DesiredParts, members: Members): Readonly<Record<string, number>> {
  const { addresses, ledger, classes, frontends, endpoints } = parts;
  return {
    ports: ledger.portRows,
    pairs: ledger.pairs + (classes?.size ?? 0),
    ipcache: addresses.addresses,
    prefixes: members.edgeRows.prefixes,
    frontends: frontends.size,
    ...endpoints.rows,
  };
}
