/** Judges assertions by an input that the agent's compiler has compiled. */

import { PosternError } from '../../model/error.ts';
import type { AuditModel } from '../model/audit-model.ts';
import type { Assertion } from './assertion.ts';
import { makeJudgeContext, type JudgeContext, type JudgeOptions } from './judge-context.ts';
import { judgeIsolation } from './judge-isolation.ts';
import { judgeOnly } from './judge-only.ts';
import { judgePairs } from './judge-pairs.ts';
import { describeGaps } from '../input/describe-gaps.ts';
import { HOLDS, type TestReport, type Verdict } from './test-report.ts';

const CUT = 'selectors have too many combinations: of the pods that may come only some were considered';

export function runAssertions(model: AuditModel, assertions: readonly Assertion[], options: JudgeOptions = {}): TestReport {
  const context = makeJudgeContext(model, options);
  const results = assertions.map((assertion) => {
    const { name, kind, at } = assertion;
    return { name, kind, at, ...judge(assertion, context) };
  });
  return {
    input: model.input.name,
    results,
    incomplete: [...describeGaps(model.input), ...(context.imagined.cut ? [CUT] : [])],
  };
}

/** What an assertion names and is not there is its own error, and no other's. */
function judge(assertion: Assertion, context: JudgeContext): Verdict {
  try {
    switch (assertion.kind) {
      case 'allow':
      case 'deny':
        return judgePairs(assertion, context);
      case 'onlyFrom':
      case 'onlyTo':
        return judgeOnly(assertion, context);
      case 'isolated':
        return judgeIsolation(assertion, context);
    }
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    const mend = error.mend === undefined ? '' : ` (${error.mend})`;
    return { ...HOLDS, outcome: 'error', message: `${error.message}${mend}` };
  }
}
