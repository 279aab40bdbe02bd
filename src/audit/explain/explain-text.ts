/** An explanation for a person at a terminal. */

import pc from 'picocolors';
import { printableText } from '../report/printable-text.ts';
import type { Disagreement, ExplainReport, LiveReport, PairReport, RuleReason, SideReport } from './explain-report.ts';

type Colours = ReturnType<typeof pc.createColors>;

/** Ends with a new line. */
export function explainText({ pairs }: ExplainReport, colour: boolean): string {
  const colours = pc.createColors(colour);
  return pairs
    .map(
      (pair) =>
        `${[headline(pair, colours), ...(pair.note === undefined ? [] : [`  ${colours.red('✘')} ${pair.note}`]), ...pair.sides.flatMap((side) => sideLines(side, colours))].join('\n')}\n`,
    )
    .join('\n');
}

function headline({ source, destination, port, allowed, ports }: PairReport, colours: Colours): string {
  const ends = `${printableText(source)} → ${printableText(destination)}${port === null ? '' : ` on ${port}`}`;
  if (!allowed) return `${colours.red('denied')}   ${colours.bold(ends)}`;
  return `${colours.green('allowed')}  ${colours.bold(ends)}${port === null ? ` on ${ports}` : ''}`;
}

function sideLines({ direction, of, verdict, rules, wouldAllow, live }: SideReport, colours: Colours): string[] {
  const whose = `${direction} of ${printableText(of)}`;
  const kernel = live === undefined ? [] : liveLines(live, colours);
  if (verdict === 'not isolated') return [`  ${colours.green('✔')} ${whose}: no policy isolates it`, ...kernel];
  const mark = verdict === 'allowed' ? colours.green('✔') : colours.red('✘');
  const policy = wouldAllow === null ? [] : ['    this policy beside them would allow it:', ...indent(wouldAllow, colours)];
  return [`  ${mark} ${whose}: ${verdict}`, ...rules.map((rule) => ruleLine(rule, colours)), ...kernel, ...policy];
}

function liveLines({ tried, agreed, ownNode, later, leftOut, disagreements, notAsked }: LiveReport, colours: Colours): string[] {
  const beside = [
    ownNode > 0 ? `${ownNode} pass as traffic with the pod's own node` : '',
    later > 0 ? `${later} go to a Service, and are judged behind it` : '',
    leftOut > 0 ? `${leftOut} more were not tried` : '',
  ].filter((part) => part !== '');
  const counts = [`${agreed} of ${tried} packets as the policies say`, ...beside].join('; ');
  const mark = disagreements.length > 0 ? colours.red('✘') : colours.green('✔');
  return [
    ...(tried === 0 ? [] : [`    ${mark} kernel: ${counts}`]),
    ...disagreements.map((one) => `      ${colours.red(disagreementLine(one))}`),
    ...notAsked.map(({ pod, why }) => `    ${colours.yellow('?')} kernel not asked about ${printableText(pod)}: ${printableText(why)}`),
  ];
}

function disagreementLine({ node, pod, peer, port, policies, kernel, reason, enforcing }: Disagreement): string {
  const why = enforcing ? (reason ?? 'no reason counted') : 'enforcement is off there';
  return `${printableText(pod)} on ${printableText(node)}, peer ${peer}, ${port}: policies ${policies}, kernel ${kernel} (${why})`;
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
