/** The cases about Services against real packets: nodes rewrite as kube-proxy does, and every backend is met. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import { byName } from './by-name.ts';
import { SERVICE_SEMANTICS } from './cases/services/all.ts';
import { createPacketJudge } from './judges/packets.ts';
import type { PacketJudge } from './judges/packets.ts';
import { runCase } from './run-case.ts';
import { Stage } from './stage.ts';
import { Totals } from './totals.ts';

describe.for(['bridge', 'ptp'] as const)('Services, packets through %s pods', needsKernel, (cni) => {
  const totals = new Totals(`Services, ${cni}`);
  let judge: PacketJudge;
  let stage: Stage;

  beforeAll(async () => {
    judge = await createPacketJudge({ name: `confsvc${cni}`, cni });
    stage = new Stage(judge);
  });

  afterAll(async () => {
    totals.print();
    await judge?.close();
  });

  it.for(byName(SERVICE_SEMANTICS))('agree on the row: %s', async ([, each]) => {
    const report = await runCase(each, stage);
    totals.add(report);
    expect(report.complaint).toBe('');
  });
});
