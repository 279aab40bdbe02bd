/** What all assertions of a run share: the compiled input, and what was asked of it before. */

import type { AuditModel, PodClass } from '../model/audit-model.ts';
import { Reach } from '../model/reach.ts';
import { AddressRegions } from './address-regions.ts';
import { PartyFinder, type FindOptions } from './find-parties.ts';
import { ImaginedPods } from './imagined-pods.ts';
import { PairTable } from './pair-table.ts';
import { describeParty, type AssertedParty } from './party.ts';

export interface JudgeOptions extends FindOptions {
  readonly podNetworks?: readonly string[];
}

export interface JudgeContext {
  readonly model: AuditModel;
  readonly reach: Reach;
  readonly regions: AddressRegions;
  readonly finder: PartyFinder;
  readonly pairs: PairTable;
  readonly imagined: ImaginedPods;
  readonly describe: (party: AssertedParty) => string;
}

export function makeJudgeContext(model: AuditModel, options: JudgeOptions): JudgeContext {
  const reach = new Reach(model);
  const regions = new AddressRegions(model);
  const several = ({ workload }: PodClass): boolean => model.classesOf(workload).length > 1;
  return {
    model,
    reach,
    regions,
    finder: new PartyFinder(model, regions, options),
    pairs: new PairTable(model, reach),
    imagined: new ImaginedPods(model, options.podNetworks),
    describe: (party) => describeParty(party, several),
  };
}
