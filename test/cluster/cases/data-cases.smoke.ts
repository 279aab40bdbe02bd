/** Some conformance cases on a real cluster: the rows of the semantics, and a Service of each kind. */

import { SEMANTICS_CASES } from '../../conformance/cases/semantics.ts';
import { SERVICE_SEMANTICS } from '../../conformance/cases/services/all.ts';
import { describeDataCases } from '../judge/data-cases.ts';

const SERVICES = ['one backend that is allowed beside one that is not', 'masqueraded', 'hostPort'];

describeDataCases({
  'rows of the semantics': SEMANTICS_CASES,
  'rows about Services': SERVICE_SEMANTICS.filter(({ name }) => SERVICES.some((words) => name.includes(words))),
});
