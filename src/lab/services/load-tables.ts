/** Put tables into a node's kernel in one atomic load. */

import { runChecked, runCommand } from '../processes/run-command.ts';
import { record, list } from '../objects/raw-object.ts';
import { renderSweep, renderTable, type ExistingTable, type NftTable } from './nft-table.ts';

/** All of them change at one moment, or none. `E_LAB_COMMAND` with nft's words. */
export async function loadTables(netns: string, tables: readonly NftTable[]): Promise<void> {
  const existing = await listTables(netns);
  const of = (table: NftTable): ExistingTable => existing.get(`${table.family} ${table.name}`) ?? { chains: [], sets: [] };
  await runChecked(['nft', '-f', '-'], { netns, input: tables.map((table) => renderTable(table, of(table))).join('') });
  const sweep = tables.map((table) => renderSweep(table, of(table))).join('');
  // A kernel that still counts them lets them go at the next change; until then they are empty.
  if (sweep !== '') await runCommand(['nft', '-f', '-'], { netns, input: sweep });
}

/** By family and name. */
async function listTables(netns: string): Promise<ReadonlyMap<string, ExistingTable>> {
  const text = await runChecked(['nft', '--json', '--terse', 'list', 'ruleset'], { netns });
  const tables = new Map<string, { chains: string[]; sets: string[] }>();
  for (const entry of list(record(JSON.parse(text))['nftables'])) {
    for (const [kind, into] of [
      ['chain', 'chains'],
      ['set', 'sets'],
      ['map', 'sets'],
    ] as const) {
      const { family, table, name } = record(entry[kind]);
      if (typeof family !== 'string' || typeof table !== 'string' || typeof name !== 'string') continue;
      const known = tables.get(`${family} ${table}`) ?? { chains: [], sets: [] };
      tables.set(`${family} ${table}`, known);
      known[into].push(name);
    }
  }
  return tables;
}
