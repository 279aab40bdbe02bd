/** The hand-written tables against real packets: one lab for each CNI, all cases one after another in it. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import { byName } from './by-name.ts';
import type { ConformanceCase } from './case.ts';
import { SEMANTICS_CASES } from './cases/semantics.ts';
import { UPSTREAM_CASES } from './cases/upstream.ts';
import { createPacketJudge } from './judges/packets.ts';
import type { PacketJudge } from './judges/packets.ts';
import { runCase } from './run-case.ts';
import { Stage } from './stage.ts';
import { Totals } from './totals.ts';

/** On ptp one case of each theme: what differs is how packets reach the host side, not what policy says. */
const PTP_CASES = UPSTREAM_CASES.filter(({ upstream = 0 }) => [1, 2, 10, 15, 19, 24, 33, 35, 43, 47].includes(upstream));

const SHOWABLE = SEMANTICS_CASES.filter((each) => each.notInPackets === undefined);

const LABS = [
  { cni: 'bridge', upstream: UPSTREAM_CASES, semantics: SHOWABLE },
  { cni: 'ptp', upstream: PTP_CASES, semantics: [] },
] as const;

describe.for(LABS)('packets through $cni pods', needsKernel, ({ cni, upstream, semantics }) => {
  const totals = new Totals(cni);
  let judge: PacketJudge;
  let stage: Stage;

  beforeAll(async () => {
    judge = await createPacketJudge({ name: `conf${cni}`, cni });
    stage = new Stage(judge);
  });

  afterAll(async () => {
    totals.print();
    await judge?.close();
  });

  const judgeCase = async ([, each]: readonly [string, ConformanceCase]): Promise<void> => {
    const report = await runCase(each, stage);
    totals.add(report);
    expect(report.complaint).toBe('');
  };

  it.for(byName(upstream))('agree: %s', judgeCase);
  it.for(byName(semantics))('agree on the row: %s', judgeCase);
});
