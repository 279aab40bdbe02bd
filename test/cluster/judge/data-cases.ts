/** Runs conformance cases on the cluster, one test each, and says what of them was left out and why. */

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { byName } from '../../conformance/by-name.ts';
import type { ConformanceCase } from '../../conformance/case.ts';
import { runCase } from '../../conformance/run-case.ts';
import { Stage } from '../../conformance/stage.ts';
import { Totals } from '../../conformance/totals.ts';
import { Cluster } from '../harness/cluster.ts';
import { ClusterJudge } from './cluster-judge.ts';
import { NOT_OVER_AN_OVERLAY, REFUSED_STEPS } from './left-out.ts';
import { admitCase, type Refusal } from './refusals.ts';

const CASE_TIMEOUT_MS = 5 * 60_000;

/** By title, one group after the other, in one world. */
export function describeDataCases(groups: Readonly<Record<string, readonly ConformanceCase[]>>): void {
  describe('packets between pods of a cluster', () => {
    const refusals: Refusal[] = [];
    let judge: ClusterJudge;
    let stage: Stage;
    /** A case in whose midst an error was thrown. */
    let broken: string | undefined;

    beforeAll(async () => {
      judge = await ClusterJudge.create(Cluster.open(inject('clusterName')));
      stage = new Stage(judge);
    });

    afterAll(async () => {
      tell(groups, refusals);
      await judge?.[Symbol.asyncDispose]();
    });

    describe.for(Object.entries(groups))('%s', ([title, cases]) => {
      const totals = new Totals(`${title}, on the cluster`);

      afterAll(() => totals.print());

      it.for(byName(cases.filter((each) => hiddenBecause(each) === undefined)))('%s', { timeout: CASE_TIMEOUT_MS }, async ([, each]) => {
        const { rest, refusals: refused } = await admitCase(judge.api, each);
        refusals.push(...refused);
        expect(refused.map(({ step }) => step)).toEqual(REFUSED_STEPS[each.name] ?? []);
        if (rest === undefined) return;
        if (broken !== undefined) throw new Error(`nobody knows what the cluster has since "${broken}" did not come to its end`);
        broken = each.name;
        const report = await runCase(rest, stage);
        broken = undefined;
        totals.add(report);
        expect(report.complaint).toBe('');
      });
    });
  });
}

function hiddenBecause({ name, notInPackets }: ConformanceCase): string | undefined {
  const overlay = Cluster.open(inject('clusterName')).plan.options.fabric === 'vxlan';
  if (overlay && NOT_OVER_AN_OVERLAY.includes(name)) return 'over an overlay nodes show other addresses';
  return notInPackets;
}

function tell(groups: Readonly<Record<string, readonly ConformanceCase[]>>, refusals: readonly Refusal[]): void {
  const hidden = Object.values(groups)
    .flat()
    .flatMap((each) => {
      const reason = hiddenBecause(each);
      return reason === undefined ? [] : [`${each.name}: ${reason}`];
    });
  const lines = [...hidden, ...refusals.map(({ case: name, step, reason }) => `${name}${step === 0 ? '' : `, step ${step}`}: ${reason}`)];
  const cases = new Set(refusals.map((refusal) => refusal.case)).size;
  process.stderr.write(
    `left out: ${hidden.length} cases, and ${refusals.length} steps of ${cases} cases that the API server refuses\n${lines.map((line) => `  ${line}\n`).join('')}`,
  );
}
