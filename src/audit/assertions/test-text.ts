/** A report of assertions for a person at a terminal: what holds in a line each, what does not with the rules that make it so. */

import pc from 'picocolors';
import { explainText } from '../explain/explain-text.ts';
import { countText } from '../report/count-findings.ts';
import { filePlace } from '../report/place-text.ts';
import { printableText } from '../report/printable-text.ts';
import type { AssertionResult, TestReport } from './test-report.ts';

export interface TestTextOptions {
  readonly colour: boolean;
  /** What holds is not told. */
  readonly quiet: boolean;
}

/** Ends with a new line. */
export function testText(report: TestReport, { colour, quiet }: TestTextOptions): string {
  const colours = pc.createColors(colour);
  const told = quiet ? report.results.filter(({ outcome }) => outcome !== 'holds') : report.results;
  const lines = told.flatMap((result) => resultLines(result, colours));
  const incomplete = report.incomplete.map((sentence) => `  ${printableText(sentence)}`);
  return `${[
    ...lines,
    ...(lines.length === 0 ? [] : ['']),
    ...(incomplete.length === 0 ? [] : ['What makes the answer less than whole:', ...incomplete, '']),
    colours.bold(summarizeTests(report)),
  ].join('\n')}\n`;
}

function resultLines(result: AssertionResult, colours: ReturnType<typeof pc.createColors>): string[] {
  const { outcome, name, message, at, pairs, more } = result;
  const place = filePlace(at);
  const title = printableText(name);
  if (outcome === 'holds') return [`${colours.green('✔')} ${title}${message === '' ? '' : colours.dim(` (${printableText(message)})`)}`];
  const mark = outcome === 'fails' ? '✘' : '!';
  const explained = pairs.flatMap((pair) =>
    explainText(
      { source: pair.source, destination: pair.destination, allowed: pair.allowed ? 'all' : 'none', pairs: [pair] },
      colours.isColorSupported,
    )
      .trimEnd()
      .split('\n')
      .map((line) => `    ${line}`),
  );
  return [
    `${colours.red(mark)} ${colours.bold(title)}${place === undefined ? '' : colours.dim(`  ${place}`)}`,
    `    ${printableText(message)}`,
    ...explained,
    ...(more > 0 ? [`    and ${countText(more, 'more pair')}`] : []),
  ];
}

/** `12 of 14 assertions hold, 1 does not, 1 cannot be judged` */
export function summarizeTests({ results }: TestReport): string {
  const count = (outcome: string): number => results.filter((result) => result.outcome === outcome).length;
  const [holds, fails, errors] = [count('holds'), count('fails'), count('error')];
  return [
    `${holds} of ${countText(results.length, 'assertion')} ${holds === 1 ? 'holds' : 'hold'}`,
    ...(fails === 0 ? [] : [`${fails} ${fails === 1 ? 'does' : 'do'} not`]),
    ...(errors === 0 ? [] : [`${errors} cannot be judged`]),
  ].join(', ');
}
