/** An explanation for a person at a terminal. */

import pc from 'picocolors';
import { printableText } from '../report/printable-text.ts';
import type { ExplainReport, PairReport, RuleReason, SideReport } from './explain-report.ts';

type Colours = ReturnType<typeof pc.createColors>;

/** Ends with a new line. */
export function explainText({ pairs }: ExplainReport, colour: boolean): string {
  const colours = pc.createColors(colour);
  return pairs
    .map((pair) => `${[headline(pair, colours), ...pair.sides.flatMap((side) => sideLines(side, colours))].join('\n')}\n`)
    .join('\n');
}

function headline({ source, destination, port, allowed, ports }: PairReport, colours: Colours): string {
  const ends = `${printableText(source)} → ${printableText(destination)}${port === null ? '' : ` on ${port}`}`;
  if (!allowed) return `${colours.red('denied')}   ${colours.bold(ends)}`;
  return `${colours.green('allowed')}  ${colours.bold(ends)}${port === null ? ` on ${ports}` : ''}`;
}

function sideLines({ direction, of, verdict, rules, wouldAllow }: SideReport, colours: Colours): string[] {
  const whose = `${direction} of ${printableText(of)}`;
  if (verdict === 'not isolated') return [`  ${colours.green('✔')} ${whose}: no policy isolates it`];
  const mark = verdict === 'allowed' ? colours.green('✔') : colours.red('✘');
  const policy = wouldAllow === null ? [] : ['    this policy beside them would allow it:', ...indent(wouldAllow, colours)];
  return [`  ${mark} ${whose}: ${verdict}`, ...rules.map((rule) => ruleLine(rule, colours)), ...policy];
}

function ruleLine({ policy, rule, text, allows, because, place }: RuleReason, colours: Colours): string {
  const mark = allows ? colours.green('✔') : colours.dim('·');
  const where = place === '' ? '' : ` ${colours.dim(`(${printableText(place)})`)}`;
  const name = `${printableText(policy)}${rule === null ? '' : ` rule ${rule}`}`;
  return `    ${mark} ${name}: ${printableText(text)} — ${because}${where}`;
}

function indent(yaml: string, colours: Colours): string[] {
  return yaml
    .trimEnd()
    .split('\n')
    .map((line) => `      ${colours.dim(line)}`);
}
