/**
 * The perturbed cases against real packets: the whole matrix of nine pods after each step, over both families and three protocols, by pod address and
 * by Service. By Service each case is asked over one family, the next case over the other; `POSTERN_BY_SERVICE=all` asks every case over both.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import { byName } from './by-name.ts';
import { FAMILIES } from './case.ts';
import type { ConformanceCase } from './case.ts';
import { PERTURBED_CASES } from './cases/perturbed/all.ts';
import { createPacketJudge } from './judges/packets.ts';
import type { PacketJudge } from './judges/packets.ts';
import { POD_SERVICES } from './pod-services.ts';
import { runCase } from './run-case.ts';
import { Stage } from './stage.ts';
import { Totals } from './totals.ts';

const EVERY_FAMILY = process.env['POSTERN_BY_SERVICE'] === 'all';

const CASES = PERTURBED_CASES.map((each, index): ConformanceCase => {
  const byService = EVERY_FAMILY ? FAMILIES : FAMILIES.filter((family) => family === (index % 2 === 0 ? 4 : 6));
  return { ...each, world: [...(each.world ?? []), ...POD_SERVICES], byService };
});

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

  it.for(byName(CASES))('agree: %s', async ([, each]) => {
    const report = await runCase(each, stage);
    totals.add(report);
    expect(report.complaint).toBe('');
  });
});
