/** What is exposed, for a person at a terminal, and as Markdown. */

import pc from 'picocolors';
import { escapeMarkdown } from '../report/escape-markdown.ts';
import { printableText } from '../report/printable-text.ts';
import type { ExposureReport, Way, WorkloadExposure } from './exposure-report.ts';

/** Ends with a new line. */
export function exposureText({ workloads, incomplete }: ExposureReport, colour: boolean): string {
  const colours = pc.createColors(colour);
  const exposed = workloads.filter(isTold);
  const block = ({ workload, ways, closed, toCome, moreToCome }: WorkloadExposure): string =>
    [
      colours.bold(printableText(workload)),
      ...ways.map(
        ({ via, from, ports, place }) =>
          `  ${colours.yellow('→')} ${printableText(via)}: ${ports} from ${printableText(from.join(', '))}${placeText(place)}`,
      ),
      ...closed.map(
        ({ via, port, place }) => `  ${colours.dim('·')} ${printableText(via)}: ${port} is closed by policies${placeText(place)}`,
      ),
      ...toCome.map(({ pod, ports }) => `  ${colours.cyan('+')} ${printableText(pod)} would reach ${ports}`),
      ...(moreToCome > 0 ? [`  ${colours.cyan('+')} and ${moreToCome} more kinds of pods that may come`] : []),
    ].join('\n');
  const rest = workloads.length - exposed.length;
  return `${[
    ...exposed.map(block),
    `${exposed.length} of ${workloads.length} workloads are exposed${rest > 0 ? `; nobody outside and no new pod reaches the other ${rest}` : ''}`,
    ...incomplete.map((sentence) => `Incomplete: ${printableText(sentence)}`),
  ].join('\n\n')}\n`;
}

function isTold({ ways, closed, toCome }: WorkloadExposure): boolean {
  return ways.length + closed.length + toCome.length > 0;
}

function placeText(place: string): string {
  return place === '' ? '' : ` (${printableText(place)})`;
}

export function exposureMarkdown({ workloads, incomplete }: ExposureReport): string {
  const row = (workload: string, { via, from, ports }: Pick<Way, 'via' | 'from' | 'ports'>): string =>
    `| ${[workload, via, from.join(', '), ports].map(escapeMarkdown).join(' | ')} |`;
  const rows = workloads.flatMap(({ workload, ways, toCome, moreToCome }) => [
    ...ways.map((way) => row(workload, way)),
    ...toCome.map(({ pod, ports }) => row(workload, { via: 'a new pod', from: [pod], ports })),
    ...(moreToCome > 0 ? [row(workload, { via: 'a new pod', from: [`${moreToCome} more kinds`], ports: '' })] : []),
  ]);
  const notes = incomplete.map((sentence) => `\n> Incomplete: ${escapeMarkdown(sentence)}`);
  return `${['| workload | by | from | ports |', '|---|---|---|---|', ...rows, ...notes].join('\n')}\n`;
}
