/** A difference for a person at a terminal, and as Markdown for a pull request. */

import pc from 'picocolors';
import { isEmptyPorts } from '../../policy/ports.ts';
import { describePorts } from '../describe-rule.ts';
import { escapeMarkdown } from '../report/escape-markdown.ts';
import { printableText } from '../report/printable-text.ts';
import type { Change, DiffReport, OneSided } from './diff-report.ts';

/** Of pods that may come, and of workloads that are new or gone: they are many, and alike. */
const MOST_TOLD = 20;

/** Ends with a new line. */
export function diffText(report: DiffReport, colour: boolean): string {
  const colours = pc.createColors(colour);
  const line = (change: Change): string[] => {
    const ends = `${printableText(nameEnd(change.from.id))} → ${printableText(nameEnd(change.to.id))}`;
    return [
      ...(isEmptyPorts(change.gained) ? [] : [`  ${colours.green('+')} ${ends}: ${describePorts(change.gained)}`]),
      ...(isEmptyPorts(change.lost) ? [] : [`  ${colours.red('-')} ${ends}: ${describePorts(change.lost)}`]),
    ];
  };
  const block = (title: string, changes: readonly Change[]): string[] =>
    changes.length === 0 ? [] : ['', title, ...changes.flatMap(line)];
  const rest = report.toCome.length - MOST_TOLD;
  return `${[
    colours.bold(summarize(report)),
    ...block('Connections:', report.changes),
    ...block('Of pods that may come:', report.toCome.slice(0, MOST_TOLD)),
    ...(rest > 0 ? [`  and ${rest} more`] : []),
    ...oneSidedLines('Only before:', report.removed, colours.red('-')),
    ...oneSidedLines('Only after:', report.added, colours.green('+')),
    ...report.incomplete.map((sentence) => `\nIncomplete: ${printableText(sentence)}`),
  ].join('\n')}\n`;
}

export function diffMarkdown(report: DiffReport): string {
  const rows = (changes: readonly Change[]): string[] =>
    changes.map(
      ({ from, to, gained, lost }) =>
        `| ${[nameEnd(from.id), nameEnd(to.id), words(gained), words(lost)].map(escapeMarkdown).join(' | ')} |`,
    );
  const table = (title: string, changes: readonly Change[]): string[] =>
    changes.length === 0 ? [] : ['', `#### ${title}`, '', '| from | to | gained | lost |', '|---|---|---|---|', ...rows(changes)];
  const rest = report.toCome.length - MOST_TOLD;
  return `${[
    `### Network policies: ${escapeMarkdown(summarize(report))}`,
    ...table('Connections', report.changes),
    ...table('Of pods that may come', report.toCome.slice(0, MOST_TOLD)),
    ...(rest > 0 ? ['', `and ${rest} more`] : []),
    ...oneSidedTable('Workloads that are gone', report.removed),
    ...oneSidedTable('Workloads that are new', report.added),
    ...report.incomplete.map((sentence) => `\n> Incomplete: ${escapeMarkdown(sentence)}`),
  ].join('\n')}\n`;
}

/** A pod that may come is told by what it has, which is no name: `a pod with app=web in shop`. */
function nameEnd(id: string): string {
  return id.replace(/^(.*?)\/Pod\/(.* .*)$/, '$2 in $1');
}

function words(ports: Change['gained']): string {
  return isEmptyPorts(ports) ? '' : describePorts(ports);
}

export function summarize({ changes, toCome, equivalent }: DiffReport): string {
  if (equivalent) return 'no connection is gained or lost, for any pod that could exist';
  const gained = changes.filter((change) => !isEmptyPorts(change.gained)).length;
  const lost = changes.filter((change) => !isEmptyPorts(change.lost)).length;
  if (gained + lost === 0) return `nothing changes for the workloads that are there; ${toCome.length} pairs change for pods that may come`;
  return `${gained} gained, ${lost} lost`;
}

function oneSidedLines(title: string, { workloads, connections, leftOut }: OneSided, mark: string): string[] {
  if (workloads.length === 0) return [];
  const told = connections.slice(0, MOST_TOLD);
  const rest = connections.length - told.length + leftOut;
  return [
    '',
    title,
    ...workloads.map((name) => `  ${printableText(name)}`),
    ...told.map(({ from, to, ports }) => `    ${mark} ${printableText(from.id)} → ${printableText(to.id)}: ${describePorts(ports)}`),
    ...(rest > 0 ? [`    and ${rest} more`] : []),
  ];
}

function oneSidedTable(title: string, { workloads, connections, leftOut }: OneSided): string[] {
  if (workloads.length === 0) return [];
  const told = connections.slice(0, MOST_TOLD);
  const rest = connections.length - told.length + leftOut;
  const rows = told.map(({ from, to, ports }) => `| ${[from.id, to.id, describePorts(ports)].map(escapeMarkdown).join(' | ')} |`);
  return [
    '',
    `#### ${title}`,
    '',
    workloads.map(escapeMarkdown).join(', '),
    ...(rows.length === 0 ? [] : ['', '| from | to | allowed |', '|---|---|---|', ...rows]),
    ...(rest > 0 ? ['', `and ${rest} more`] : []),
  ];
}
