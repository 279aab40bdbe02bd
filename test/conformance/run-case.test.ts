/** The conformance runner itself: it must see what is wrong, tell lag from error, and not be fooled by its own tables. */

import { describe, expect, it } from 'vitest';
import { applyPolicy, formatProbe, labelPod } from './case.ts';
import type { ConformanceCase, Probe } from './case.ts';
import type { Answer, Change, Judge } from './judge.ts';
import { createOracleJudge } from './judges/oracle.ts';
import { runCase } from './run-case.ts';
import { Stage } from './stage.ts';

const CASE: ConformanceCase = {
  name: 'deny to x/a',
  pods: ['x/a', 'x/b'],
  ports: ['80/TCP'],
  steps: [{ does: [applyPolicy('x/deny', { podSelector: { matchLabels: { pod: 'a' } } })], default: 'allow', overrides: ['deny * > x/a'] }],
};

/** The oracle, whose answers can be spoilt: `lie` gets the probe, its true answer and how often it was asked before. */
function spoilt(lie: (probe: string, answer: Answer, askedBefore: number) => Answer): Judge {
  const asked = new Map<string, number>();
  const judge = createOracleJudge();
  return {
    ...judge,
    secondLookMs: 1,
    async probe(probes: readonly Probe[]) {
      const answers = await judge.probe(probes);
      return probes.map((probe, index) => {
        const name = formatProbe(probe);
        asked.set(name, (asked.get(name) ?? -1) + 1);
        return lie(name, answers[index] as Answer, asked.get(name) ?? 0);
      });
    },
  };
}

/** The first look at x/a comes too early. */
function lag(probe: string, answer: Answer, askedBefore: number): Answer {
  return askedBefore === 0 && probe.startsWith('x/b > x/a') ? { outcome: 'allow' } : answer;
}

function withLine(line: string): ConformanceCase {
  return { ...CASE, steps: [{ default: 'allow', overrides: [line] }] };
}

describe('a conformance run', () => {
  it('reports a wrong answer with what was expected and seen', async () => {
    const report = await runCase(
      CASE,
      new Stage(spoilt((probe, answer) => (probe === 'x/b > x/a :80 TCP v6' ? { outcome: 'allow' } : answer))),
    );
    expect(report.late).toEqual([]);
    expect(report.wrong[0]).toBe('deny to x/a, step 1: x/b > x/a :80 TCP v6: deny expected, allow seen');
    expect(report.complaint).toContain('\nx/b !');
  });

  it('looks a second time, and counts what was right only then', async () => {
    const report = await runCase(CASE, new Stage(spoilt(lag)));
    expect(report.wrong).toEqual([]);
    expect(report.late).toHaveLength(2);
  });

  it('takes trouble (refused, unreachable) for a failure, also where denial was expected', async () => {
    const report = await runCase(
      CASE,
      new Stage(spoilt((probe, answer) => (probe.startsWith('x/b > x/a') ? { outcome: 'trouble', detail: 'refused' } : answer))),
    );
    expect(report.wrong[0]).toContain('trouble seen (refused)');
  });

  it('refuses a table with a line that is never checked or cannot be read', async () => {
    await expect(runCase(withLine('deny x/c > x/a'), new Stage(createOracleJudge()))).rejects.toThrow('no probe is meant');
    await expect(runCase(withLine('deny x/a > x/b 80'), new Stage(createOracleJudge()))).rejects.toThrow('no line of a table');
  });

  it('brings the world from case to case by the smallest change', async () => {
    const changes: Change[] = [];
    const judge = createOracleJudge();
    const stage = new Stage({ ...judge, apply: async (change) => void changes.push(change) });
    stage.want(labelPod('x/a', { colour: 'red' }));
    stage.want(applyPolicy('x/p', { podSelector: {}, egress: [{ to: [{ ipBlock: { cidr: '{x/b}/32', except: ['{x/b.6}/128'] } }] }] }));
    await stage.settle();
    await stage.settle();
    stage.reset();
    await stage.settle();
    expect(changes.map(({ apply, delete: gone }) => [apply.map(nameOf), gone.map(nameOf)])).toEqual([
      [['a', 'p'], []],
      [['a'], ['p']],
    ]);
    expect(JSON.stringify(changes[0]?.apply[1])).toContain('"cidr":"10.244.2.3/32","except":["fd00:10:244:2::3/128"]');
  });
});

function nameOf(object: Readonly<Record<string, unknown>>): unknown {
  return (object['metadata'] as { readonly name: string }).name;
}
