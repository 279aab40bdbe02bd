/** The rows of a datapath in memory, as a comparison reads them. */

import type { Operation } from '../model/plan.ts';
import type { MemoryDatapath } from './memory.ts';
import { rowsOf, type Table } from './rows.ts';
import type { RowStore } from './verify-rows.ts';

export function memoryRows(datapath: MemoryDatapath, watchers: Set<(operations: readonly Operation[]) => void>): RowStore {
  return {
    *read(table) {
      for (const operation of heldOperations(datapath, table)) {
        for (const { key, value } of rowsOf(operation)) if (value !== undefined) yield [key, value];
      }
    },
    apply: (operations) => datapath.apply(operations),
    watch(onApply) {
      watchers.add(onApply);
      return () => void watchers.delete(onApply);
    },
  };
}

function* heldOperations(datapath: MemoryDatapath, table: Table): Generator<Operation> {
  switch (table.name) {
    case 'ports':
      for (const [text, verdict] of datapath.ports) {
        const [id = 0, protocol = 0, port = 0, length = 0] = text.split(/[:/]/).map(Number);
        yield { op: 'put-port-set', portSet: { id, rows: [{ protocol, port, length, verdict }] } };
      }
      return;
    case 'pairs':
      for (const [text, ref] of datapath.pairs) {
        const [ruleset = 0, identity = 0] = text.split(':').map(Number);
        yield { op: 'put-pair', ruleset, identity, ref };
      }
      return;
    case 'ipcache':
      for (const [address, { identity, ownNode }] of datapath.addresses) yield { op: 'put-address', address, identity, ownNode };
      return;
    case 'prefixes':
      for (const [length, rows] of datapath.prefixes)
        for (const [address, identity] of rows) yield { op: 'put-prefix', prefix: { address, length }, identity };
      return;
    case 'frontends':
      for (const { frontend, endpoints } of datapath.frontends.values()) yield { op: 'put-frontend', frontend, endpoints };
      return;
    case 'local_pods':
      for (const [address, ifindex] of datapath.localPods) yield { op: 'put-local-pod', address, ifindex };
      return;
    case 'configs':
      for (const [id, config] of datapath.configs) yield { op: 'put-config', id, config };
      return;
    case 'endpoints':
      for (const [ifindex, word] of datapath.words) yield { op: 'set-endpoint', ifindex, word };
      return;
  }
}
