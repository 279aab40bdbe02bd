/** Reads the tables of conformance cases: a default, and lines such as `deny x/* > x/a :80` or `some x/a > web.z by z/a`. */

import { formatProbe } from './case.ts';
import type { Probe, Step, Word } from './case.ts';

const LINE = /^(allow|deny|some|same|refuse) (\S+) > (\S+)(?: by (\S+))?(?: :(\d+))?(?: (TCP|UDP|SCTP|ICMP))?(?: v([46]))?$/;

/** What a probe should come to. */
export interface Expected {
  readonly word: Word;
  /** The backends that answer, in any order; absent where it does not matter. */
  readonly by?: readonly string[];
}

interface Override {
  readonly line: string;
  readonly expected: Expected;
  matches(probe: Probe): boolean;
}

export interface Table {
  expect(probe: Probe): Expected;
}

/** Throws a TypeError for a line that cannot be read, or that speaks of none of the probes: it says something that is never checked. */
export function readTable(step: Step, probes: readonly Probe[]): Table {
  const overrides = (step.overrides ?? []).map(readOverride);
  for (const override of overrides) {
    if (!probes.some((probe) => override.matches(probe))) throw new TypeError(`no probe is meant by "${override.line}"`);
  }
  return {
    expect: (probe) => {
      if (probe.from === probe.to) return { word: 'allow' };
      return overrides.findLast((override) => override.matches(probe))?.expected ?? { word: step.default };
    },
  };
}

function readOverride(line: string): Override {
  const match = LINE.exec(line);
  if (match === null) throw new TypeError(`"${line}" is no line of a table`);
  const [, word, from = '', to = '', by, port, protocol, family] = match;
  return {
    line,
    expected: { word: word as Word, ...(by === undefined ? {} : { by: by.split(',') }) },
    matches: (probe) =>
      isMeant(from, probe.from) &&
      isMeant(to, probe.to) &&
      (port === undefined || probe.port === Number(port)) &&
      (protocol === undefined || probe.protocol === protocol) &&
      (family === undefined || probe.family === Number(family)),
  };
}

/** `*` is everyone; `x/*`, `*` + `/a` are pods; commas part several. */
function isMeant(who: string, actor: string): boolean {
  return who.split(',').some((one) => {
    if (one === '*' || one === actor) return true;
    const [namespace, name] = one.split('/');
    const [actorNamespace, actorName] = actor.split('/');
    if (name === undefined || actorName === undefined) return false;
    return (namespace === '*' || namespace === actorNamespace) && (name === '*' || name === actorName);
  });
}

/** The table as a grid for one port and family, for messages: rows are sources, columns destinations. */
export function drawGrid(probes: readonly Probe[], mark: (probe: Probe) => string): string {
  const grids = Map.groupBy(probes, (probe) => formatProbe({ ...probe, from: 'all', to: 'all' }));
  return [...grids].map(([title, group]) => `${title.replace('all > all ', '')}\n${drawOne(group, mark)}`).join('\n');
}

function drawOne(probes: readonly Probe[], mark: (probe: Probe) => string): string {
  const rows = Map.groupBy(probes, (probe) => probe.from);
  const columns = [...new Set(probes.map((probe) => probe.to))];
  const width = Math.max(...[...rows.keys(), ...columns].map((name) => name.length)) + 1;
  const line = (head: string, cells: readonly string[]): string =>
    [head, ...cells]
      .map((cell) => cell.padEnd(width))
      .join('')
      .trimEnd();
  const cellOf = (row: readonly Probe[], to: string): string => {
    const probe = row.find((candidate) => candidate.to === to);
    return probe === undefined ? '' : mark(probe);
  };
  return [
    line('', columns),
    ...[...rows].map(([from, row]) =>
      line(
        from,
        columns.map((to) => cellOf(row, to)),
      ),
    ),
  ].join('\n');
}
