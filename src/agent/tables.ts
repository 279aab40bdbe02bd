/** The kernel's tables that fill up with the cluster, and how full they are. */

import type { Compiler } from '../compiler/compiler.ts';
import type { Datapath } from '../datapath/port.ts';
import type { FlowCount } from './flow-count.ts';

export interface Table {
  /** As in bpf/. */
  readonly name: string;
  /** In use; null: not counted yet. */
  readonly rows: number | null;
  readonly capacity: number;
}

export interface TableParts {
  readonly compiler: Pick<Compiler, 'tableRows'>;
  readonly datapath: Pick<Datapath, 'capacities'>;
  readonly flows: Pick<FlowCount, 'rows'>;
}

export function listTables({ compiler, datapath, flows }: TableParts): Table[] {
  const rows: Readonly<Record<string, number | undefined>> = { ...compiler.tableRows, conntrack: flows.rows };
  return Object.entries(datapath.capacities).map(([name, capacity]) => ({ name, rows: rows[name] ?? null, capacity }));
}
