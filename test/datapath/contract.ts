/** What every driver of the datapath port must do, told by verdicts: the suite that the kernel and its in-memory twin both run. */

import { afterAll, beforeAll, describe, type TestOptions } from 'vitest';
import { itJudgesByEndpoints } from './contract/endpoints.ts';
import { itKnowsIdentities } from './contract/identities.ts';
import { itAppliesOperations } from './contract/operations.ts';
import { itKnowsPortSets } from './contract/port-sets.ts';
import { ContractStage, type Driver } from './contract/stage.ts';

export function describeDatapath(name: string, options: TestOptions, open: () => Promise<Driver>): void {
  // oxlint-disable-next-line vitest/valid-title -- the driver's name
  describe(name, options, () => {
    const stage = new ContractStage();
    beforeAll(() => stage.open(open));
    afterAll(() => stage.close());
    // First: it asks at an interface that was never set.
    itJudgesByEndpoints(stage);
    itKnowsPortSets(stage);
    itKnowsIdentities(stage);
    itAppliesOperations(stage);
  });
}
