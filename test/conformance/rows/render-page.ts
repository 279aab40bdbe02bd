/** Puts the rows into the page about semantics: one table under each of its headings. */

import type { ConformanceCase } from '../case.ts';
import { ROW_TABLES } from './all.ts';
import type { Row } from './row.ts';

/** `page`: as it is now. What stands between a table's heading and the next heading is written anew. */
export function renderPage(page: string, cases: readonly ConformanceCase[]): string {
  return Object.entries(ROW_TABLES).reduce((text, [heading, rows]) => replaceSection(text, heading, renderTable(rows, cases)), page);
}

function replaceSection(page: string, heading: string, table: string): string {
  const start = page.indexOf(`\n## ${heading}\n`);
  if (start < 0) throw new TypeError(`the page has no heading "${heading}"`);
  const end = page.indexOf('\n## ', start + 1);
  return `${page.slice(0, start)}\n## ${heading}\n\n${table}\n${end < 0 ? '' : page.slice(end)}`;
}

function renderTable(rows: readonly Row[], cases: readonly ConformanceCase[]): string {
  const head = ['| case | verdict | table | packets | program | proven by |', '|---|---|:-:|:-:|:-:|---|'];
  return [...head, ...rows.map((row) => renderRow(row, cases))].join('\n');
}

function renderRow(row: Row, cases: readonly ConformanceCase[]): string {
  const { tests = [], upstream = [], cases: names = [] } = row;
  const own = cases.filter(({ name }) => names.includes(name));
  const isTable = own.length + upstream.length > 0;
  const isSent = upstream.length > 0 || own.some((each) => each.notInPackets === undefined);
  const inFolder = (...folders: readonly string[]): boolean => tests.some(({ file }) => folders.some((folder) => file.startsWith(folder)));
  const sign = (holds: boolean): string => (holds ? '✔' : '');
  const proofs = [
    ...names.map((name) => `"${name}"`),
    ...(upstream.length > 0 ? [upstream.map((number) => `U${number}`).join(', ')] : []),
    ...tests.map(({ file, names: titles }) =>
      titles === undefined ? `\`${file}\`` : `\`${file}\` ${titles.map((title) => `"${title}"`).join(', ')}`,
    ),
  ];
  const note = row.note === undefined ? '' : `. ${row.note}`;
  const cells = [
    row.case,
    row.verdict,
    sign(isTable),
    sign(isSent || inFolder('e2e/', 'lab/')),
    sign(inFolder('bpf/')),
    proofs.join('; ') + note,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
