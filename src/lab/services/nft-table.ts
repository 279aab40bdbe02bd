/** A table of nftables as plain values, and the commands that make it so in one atomic load. */

export interface NftChain {
  readonly name: string;
  /** `type nat hook prerouting priority dstnat`; absent: a chain that others jump to. */
  readonly base?: string;
  readonly rules: readonly string[];
}

export interface NftSet {
  readonly kind: 'set' | 'map';
  readonly name: string;
  /** What stands between the braces: `type ipv4_addr;`. */
  readonly definition: string;
  /** Absent: the kernel fills it, and it is left as it is. */
  readonly elements?: readonly string[];
}

export interface NftTable {
  readonly family: 'ip' | 'ip6';
  readonly name: string;
  readonly sets: readonly NftSet[];
  readonly chains: readonly NftChain[];
}

/** Names of what a table has in the kernel. */
export interface ExistingTable {
  readonly chains: readonly string[];
  readonly sets: readonly string[];
}

/**
 * Commands for `nft -f`. What the kernel has of it and the table has not is emptied: sets are deleted at once, chains by `renderSweep`, since kernels
 * before 6.2 still count a map's element that was deleted in the same load.
 */
export function renderTable(table: NftTable, existing: ExistingTable): string {
  const at = `${table.family} ${table.name}`;
  const { sets, chains } = table;
  const lines = [
    `add table ${at}`,
    ...chains.flatMap(({ name, base }) => [
      `add chain ${at} ${name}${base === undefined ? '' : ` { ${base}; }`}`,
      `flush chain ${at} ${name}`,
    ]),
    ...staleChains(table, existing).map((name) => `flush chain ${at} ${name}`),
    ...sets.flatMap(({ kind, name, definition, elements }) => [
      `add ${kind} ${at} ${name} { ${definition} }`,
      ...(elements === undefined ? [] : [`flush ${kind} ${at} ${name}`]),
    ]),
    ...chains.flatMap(({ name, rules }) => rules.map((rule) => `add rule ${at} ${name} ${rule}`)),
    ...sets.flatMap(({ name, elements = [] }) => (elements.length === 0 ? [] : [`add element ${at} ${name} { ${elements.join(', ')} }`])),
    ...existing.sets.filter((name) => !sets.some((set) => set.name === name)).map((name) => `delete set ${at} ${name}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** Commands that delete the chains that `renderTable` has emptied; empty where there are none. */
export function renderSweep(table: NftTable, existing: ExistingTable): string {
  return staleChains(table, existing)
    .map((name) => `delete chain ${table.family} ${table.name} ${name}\n`)
    .join('');
}

function staleChains(table: NftTable, existing: ExistingTable): readonly string[] {
  return existing.chains.filter((name) => !table.chains.some((chain) => chain.name === name));
}
