/** The matrix as a terminal shows it: sources in rows, destinations in columns, or a list where it is too narrow for that. */

import pc from 'picocolors';
import { describePorts } from '../describe-rule.ts';
import { listMatrix } from './matrix-list.ts';
import { plainText, groupPeers, isWanted, nameInNamespace, type MatrixView, type Pair } from './matrix-view.ts';
import { shortPorts } from './port-text.ts';

export interface TableOptions {
  /** Columns of the terminal; undefined where there is none. */
  readonly width?: number | undefined;
  /** Default: on a terminal, unless NO_COLOR is set. */
  readonly colour?: boolean;
}

/** Of lines that no terminal bounds. */
const DEFAULT_WIDTH = 160;
/** Ranges that a cell names before it counts. */
const RANGES = 2;
const ALL = '●';
const SOME = '◐';
const NONE = '·';
const OUTSIDE = 'outside the cluster';

type Colours = ReturnType<typeof pc.createColors>;

export function tableMatrix(view: MatrixView, { width = DEFAULT_WIDTH, colour = pc.isColorSupported }: TableOptions = {}): string {
  const colours = pc.createColors(colour);
  const text = tableWithin(view, colours, width) ?? [listMatrix(view, { width, colour })];
  return [...text, ...notes(view, colours)].join('\n');
}

/** With ports, or with symbols where those are too wide; undefined where they are, too. */
function tableWithin(view: MatrixView, colours: Colours, width: number): string[] | undefined {
  // A column is at least as wide as its number: what is larger need not be made to be measured.
  if (view.peers.length * (String(view.peers.length).length + 1) > width) return undefined;
  for (const cellOf of [portsCell, symbolCell]) {
    const table = makeTable(view, colours, cellOf);
    if (table.width <= width) return [...table.lines, '', legend(view, colours, cellOf === symbolCell)];
  }
  return undefined;
}

function portsCell({ extent, ports }: Pair): string {
  return extent === 'none' ? NONE : shortPorts(ports, RANGES);
}

function symbolCell({ extent }: Pair): string {
  switch (extent) {
    case 'all':
      return ALL;
    case 'some':
      return SOME;
    case 'none':
      return NONE;
  }
}

/** `width` is that of the longest line, colours not counted. */
function makeTable(view: MatrixView, colours: Colours, cellOf: (pair: Pair) => string): { lines: string[]; width: number } {
  const { peers } = view;
  const groups = groupPeers(peers);
  const cells = peers.map((source) =>
    peers.map((destination) => {
      const pair = view.look(source, destination);
      return pair === undefined || !isWanted(pair, view.options) ? undefined : { pair, text: cellOf(pair) };
    }),
  );
  const widths = peers.map((_peer, at) => Math.max(String(at + 1).length, ...cells.map((row) => row[at]?.text.length ?? 0)));
  const space = (at: number, text: string): string => ' '.repeat(Math.max((widths[at] ?? 0) - text.length, 0));
  const digits = String(peers.length).length;
  const nameWidth = Math.max(...peers.map((peer) => nameInNamespace(peer).length), 'to'.length);
  const lead = 2 + digits + 1 + nameWidth;
  const starts = new Set<number>();
  let first = 0;
  for (const group of groups) {
    starts.add(first);
    first += group.peers.length;
  }
  const line = (head: string, texts: readonly string[]): string =>
    `${head}${texts.map((text, at) => `${starts.has(at) ? ` ${colours.dim('│')} ` : ' '}${text}`).join('')}`.trimEnd();
  const heads = line(
    colours.dim('from \\ to'.padStart(lead)),
    peers.map((_peer, at) => `${colours.bold(String(at + 1))}${space(at, String(at + 1))}`),
  );
  const lines = [heads];
  let at = 0;
  for (const group of groups) {
    lines.push(colours.bold(groupName(group.namespace)));
    for (const peer of group.peers) {
      const head = `  ${colours.bold(String(at + 1).padStart(digits))} ${nameInNamespace(peer).padEnd(nameWidth)}`;
      const row = cells[at] ?? [];
      lines.push(
        line(
          head,
          row.map((cell, column) => {
            return cell === undefined ? space(column, '') : `${paint(cell.pair, cell.text, colours)}${space(column, cell.text)}`;
          }),
        ),
      );
      at += 1;
    }
  }
  const width = lead + widths.reduce((sum, one) => sum + one + 1, 0) + groups.length * 2;
  return { lines, width };
}

function paint({ extent }: Pair, text: string, colours: Colours): string {
  switch (extent) {
    case 'all':
      return colours.green(text);
    case 'some':
      return colours.cyan(text);
    case 'none':
      return colours.dim(text);
  }
}

export function groupName(namespace: string): string {
  return namespace === '' ? OUTSIDE : plainText(namespace);
}

function legend({ options: { ports } }: MatrixView, colours: Colours, symbols: boolean): string {
  const asked = ports === undefined ? 'all ports' : `all of ${describePorts(ports)}`;
  const words = symbols
    ? `${colours.green(ALL)} ${asked}   ${colours.cyan(SOME)} some ports   ${colours.dim(NONE)} denied`
    : `${colours.green('all')} every port and protocol   ${colours.cyan('80')} TCP unless said   ${colours.dim(NONE)} denied`;
  return `${words}   ${colours.dim('columns: destinations, numbered as the rows')}`;
}

/** What makes the answer less than whole. */
function notes({ report }: MatrixView, colours: Colours): string[] {
  return report.incomplete.map((text) => `${colours.yellow('incomplete:')} ${plainText(text)}`);
}
