/** The matrix as Markdown, for pull requests and wikis: a table of all pairs while it is small, else one of what each source reaches. */

import { describePorts } from '../describe-rule.ts';
import { summarizeReach } from './reach-summary.ts';
import { fullName, isWanted, plainText, type MatrixView } from './matrix-view.ts';
import { shortPorts } from './port-text.ts';

/** Columns that a page is wide enough for. */
const MOST_COLUMNS = 10;
/** Ranges that a cell names before it counts. */
const RANGES = 3;

export function formatMarkdown(view: MatrixView): string {
  const table = view.peers.length <= MOST_COLUMNS ? tableOfPairs(view) : tableOfReach(view);
  const asked = view.options.ports === undefined ? '' : `, on ${describePorts(view.options.ports)}`;
  const notes = view.report.incomplete.map((text) => `- Incomplete: ${escapeText(text)}`);
  return [
    `**Who reaches whom** in ${codeSpan(view.report.input)}${asked}`,
    '',
    ...table,
    ...(notes.length === 0 ? [] : ['', ...notes]),
    '',
  ].join('\n');
}

function tableOfPairs(view: MatrixView): string[] {
  const { peers } = view;
  const heads = ['from \\ to', ...peers.map((peer) => codeSpan(fullName(peer)))];
  const rows = peers.map((source) => [
    codeSpan(fullName(source)),
    ...peers.map((destination) => {
      const pair = view.look(source, destination);
      if (pair === undefined || !isWanted(pair, view.options)) return '';
      return pair.extent === 'none' ? '–' : shortPorts(pair.ports, RANGES);
    }),
  ]);
  return tableOf(heads, rows);
}

function tableOfReach(view: MatrixView): string[] {
  const reachOf = summarizeReach(view);
  const rows = view.peers.flatMap((source) =>
    reachOf(source)
      .filter(({ denied }) => !denied || view.options.only === 'denied')
      .map(({ ports, names, denied }) => [
        codeSpan(fullName(source)),
        names.map((name) => (name === 'everything' ? name : codeSpan(name))).join(', '),
        denied ? 'denied' : describePorts(ports),
      ]),
  );
  return tableOf(['from', 'to', 'on'], rows);
}

function tableOf(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)];
}

/** As code, which is not searched for mentions and links. What has a meaning in Markdown, in a table or in HTML is written by its number. */
function codeSpan(text: string): string {
  const plain = plainText(text);
  return /^[\w ./:()*-]+$/.test(plain) ? `\`${plain}\`` : `<code>${escapeText(plain)}</code>`;
}

function escapeText(text: string): string {
  return plainText(text).replaceAll(/[^\p{L}\p{N} .,/:()-]/gu, (letter) => `&#${letter.codePointAt(0)};`);
}
