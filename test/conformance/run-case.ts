/** Runs one conformance case against a judge, looking a second time at surprises. */

import { setTimeout as sleep } from 'node:timers/promises';
import { agrees, describeAnswer, describeExpected } from './agreement.ts';
import { formatProbe, probesOf } from './case.ts';
import type { ConformanceCase, Probe, Step, Word } from './case.ts';
import type { Answer, Look } from './judge.ts';
import type { Stage } from './stage.ts';
import { drawGrid, readTable } from './table.ts';
import type { Table } from './table.ts';

const SIGNS: Readonly<Record<Word, string>> = { allow: '.', deny: 'X', some: '+', same: '=', refuse: 'r' };

export interface CaseReport {
  readonly name: string;
  readonly probes: number;
  /** Probes that surprised at first and were right on the second look: lag that a verdict alone would hide. */
  readonly late: readonly string[];
  /** Probes that were wrong on the last look. */
  readonly wrong: readonly string[];
  /** What was wrong, with a picture of each step in which something was; empty where nothing was. For messages. */
  readonly complaint: string;
}

/** Every step is run, also after a wrong one; the next case begins from the world again. */
export async function runCase(conformanceCase: ConformanceCase, stage: Stage): Promise<CaseReport> {
  let asked = 0;
  const late: string[] = [];
  const wrong: string[] = [];
  const complaint: string[] = [];
  stage.reset(conformanceCase.world);
  for (const [index, step] of conformanceCase.steps.entries()) {
    for (const action of step.does ?? []) stage.want(action);
    await stage.settle();
    const probes = probesOf(conformanceCase, step);
    asked += probes.length;
    const found = await checkStep(step, probes, stage);
    const place = `${conformanceCase.name}, step ${index + 1}`;
    const lines = found.wrong.map((text) => `${place}: ${text}`);
    late.push(...found.late.map((text) => `${place}: ${text}`));
    wrong.push(...lines);
    if (lines.length > 0) complaint.push(...lines, found.grid);
  }
  return { name: conformanceCase.name, probes: asked, late, wrong, complaint: complaint.join('\n') };
}

interface StepReport {
  readonly late: readonly string[];
  readonly wrong: readonly string[];
  readonly grid: string;
}

async function checkStep(step: Step, probes: readonly Probe[], stage: Stage): Promise<StepReport> {
  const table = readTable(step, probes);
  const first = await look(probes, table, stage, 'first');
  if (first.size === 0 || stage.judge.secondLookMs === undefined) return reportOf(probes, table, first, first);
  await sleep(stage.judge.secondLookMs);
  return reportOf(probes, table, first, await look([...first.keys()], table, stage, 'patient'));
}

/** The probes whose answer is not what the table says. */
async function look(probes: readonly Probe[], table: Table, stage: Stage, kind: Look): Promise<ReadonlyMap<Probe, Answer>> {
  const answers = await stage.judge.probe(probes, kind);
  if (answers.length !== probes.length) throw new TypeError(`${answers.length} answers to ${probes.length} probes`);
  const pairs = probes.map((probe, index): readonly [Probe, Answer] => [probe, answers[index] ?? { outcome: 'trouble' }]);
  return new Map(pairs.filter(([probe, answer]) => !agrees(table.expect(probe), answer)));
}

function reportOf(probes: readonly Probe[], table: Table, first: ReadonlyMap<Probe, Answer>, last: ReadonlyMap<Probe, Answer>): StepReport {
  const describe = ([probe, answer]: readonly [Probe, Answer]): string =>
    `${formatProbe(probe)}: ${describeExpected(table.expect(probe))} expected, ${describeAnswer(answer)}`;
  return {
    late: [...first].filter(([probe]) => !last.has(probe)).map(describe),
    wrong: [...last].map(describe),
    grid: drawGrid(probes, (probe) => (last.has(probe) ? '!' : SIGNS[table.expect(probe).word])),
  };
}
