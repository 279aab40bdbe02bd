/** All conformance cases, as the lab has them, on a real cluster. */

import { FAMILIES, type ConformanceCase } from '../../conformance/case.ts';
import { PERTURBED_CASES } from '../../conformance/cases/perturbed/all.ts';
import { SEMANTICS_CASES } from '../../conformance/cases/semantics.ts';
import { SERVICE_SEMANTICS } from '../../conformance/cases/services/all.ts';
import { UPSTREAM_CASES } from '../../conformance/cases/upstream.ts';
import { POD_SERVICES } from '../../conformance/pod-services.ts';
import { describeDataCases } from '../judge/data-cases.ts';

describeDataCases({
  "the upstream suite's": UPSTREAM_CASES,
  'rows of the semantics': SEMANTICS_CASES,
  'rows about Services': SERVICE_SEMANTICS,
  // By Service one case over one family, the next one over the other.
  perturbed: PERTURBED_CASES.map((each, index): ConformanceCase => ({
    ...each,
    world: [...(each.world ?? []), ...POD_SERVICES],
    byService: FAMILIES.filter((family) => family === (index % 2 === 0 ? 4 : 6)),
  })),
});
