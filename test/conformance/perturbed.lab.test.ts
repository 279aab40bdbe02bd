/** The perturbed cases against real packets: the whole matrix of nine pods after each step, over both families and three protocols. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import { PERTURBED_CASES } from './cases/perturbed/all.ts';
import { createPacketJudge } from './judges/packets.ts';
import type { PacketJudge } from './judges/packets.ts';
import { runCase } from './run-case.ts';
import { Stage } from './stage.ts';
import { Totals } from './totals.ts';

describe('packets through bridge pods', needsKernel, () => {
  const totals = new Totals('perturbed cases');
  let judge: PacketJudge;
  let stage: Stage;

  beforeAll(async () => {
    judge = await createPacketJudge({ name: 'confperturbed', cni: 'bridge' });
    stage = new Stage(judge);
  });

  afterAll(async () => {
    totals.print();
    await judge?.close();
  });

  it.for(PERTURBED_CASES)('agree: $name', async (each) => {
    const report = await runCase(each, stage);
    totals.add(report);
    expect(report.complaint).toBe('');
  });
});
