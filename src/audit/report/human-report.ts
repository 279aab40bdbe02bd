/** Findings for a person at a terminal: by file, the worst first, each with what to do about it. */

import pc from 'picocolors';
import type { CheckInfo, CheckReport, Finding, Severity } from '../finding.ts';
import { countText, findingsText, inputText } from './count-findings.ts';
import { anyPlace, filePlace, sentenceOf } from './place-text.ts';
import { printableText } from './printable-text.ts';

export interface HumanOptions {
  readonly colour: boolean;
  /** `quiet`: a line for each finding, and nothing where there is none. `verbose`: also why each matters, and what is ignored. */
  readonly form: 'quiet' | 'normal' | 'verbose';
}

/** How many reasons for an incomplete answer are told before `--verbose`. */
const REASONS_TOLD = 8;

type Colours = ReturnType<typeof pc.createColors>;

/** Ends with a new line unless it is empty. */
export function humanReport(report: CheckReport, checks: readonly CheckInfo[], options: HumanOptions): string {
  const colours = pc.createColors(options.colour);
  if (options.form === 'quiet') return report.findings.map((finding) => `${quietLine(finding, colours)}\n`).join('');
  const verbose = options.form === 'verbose';
  const named = new Map(checks.map((check) => [check.id, check]));
  const groups = Array.from(
    Map.groupBy(report.findings, ({ at }) => at.file ?? at.object ?? ''),
    ([place, findings]) =>
      [
        colours.bold(printableText(place)),
        ...findings.flatMap((finding) => entry(finding, named.get(finding.check), verbose, colours)),
      ].join('\n'),
  );
  const blocks = [
    ...groups,
    ...(verbose ? ignoredBlock(report, colours) : []),
    ...incompleteBlock(report, verbose, colours),
    closingLine(report, colours),
  ];
  return `${blocks.join('\n\n')}\n`;
}

/** As compilers put it, so that editors understand it. */
function quietLine(finding: Finding, colours: Colours): string {
  const place = filePlace(finding.at);
  const before = place === undefined ? '' : `${place}: `;
  return `${before}${paint(finding.severity, colours)} ${finding.check}: ${printableText(sentenceOf(finding))}`;
}

function entry(finding: Finding, check: CheckInfo | undefined, verbose: boolean, colours: Colours): string[] {
  const { at, severity, mend, related } = finding;
  const name = [finding.check, check?.name].filter((part) => part !== undefined).join(' ');
  return [
    `  ${anyPlace(at)}  ${paint(severity, colours)}  ${colours.dim(name)}`,
    `      ${printableText(sentenceOf(finding))}`,
    `      ${colours.green('mend:')} ${printableText(mend)}`,
    ...related.map((other) => `      ${colours.dim('see:')}  ${anyPlace(other.at)}: ${printableText(other.message)}`),
    ...(verbose && check !== undefined ? [`      ${colours.dim('why:')}  ${printableText(check.why)}`] : []),
  ];
}

function ignoredBlock({ ignored }: CheckReport, colours: Colours): string[] {
  if (ignored.length === 0) return [];
  const lines = ignored.map(({ finding, reason }) => `  ${quietLine(finding, colours)} (${printableText(reason)})`);
  return [[colours.bold('Ignored'), ...lines].join('\n')];
}

function incompleteBlock({ incomplete }: CheckReport, verbose: boolean, colours: Colours): string[] {
  if (incomplete.length === 0) return [];
  const told = verbose ? incomplete : incomplete.slice(0, REASONS_TOLD);
  const rest = incomplete.length - told.length;
  return [
    [
      colours.bold('What makes the answer less than whole'),
      ...told.map((reason) => `  ${printableText(reason)}`),
      ...(rest === 0 ? [] : [`  and ${rest} more (--verbose)`]),
    ].join('\n'),
  ];
}

function closingLine(report: CheckReport, colours: Colours): string {
  const { findings, ignored, incomplete } = report;
  const parts = [
    colours.bold(findingsText(findings)),
    ...(ignored.length === 0 ? [] : [`${ignored.length} ignored`]),
    ...(incomplete.length === 0 ? [] : [colours.yellow(`incomplete for ${countText(incomplete.length, 'reason')}`)]),
  ];
  return `${printableText(report.input)}: ${parts.join('; ')} (${inputText(report.counts)})`;
}

function paint(severity: Severity, colours: Colours): string {
  switch (severity) {
    case 'error':
      return colours.red(severity);
    case 'warning':
      return colours.yellow(severity);
    case 'note':
      return colours.cyan(severity);
  }
}
