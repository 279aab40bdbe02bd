/** What came of a run of assertions, as data. */

import type { Location } from '../../model/error.ts';
import type { PairReport } from '../explain/explain-report.ts';
import type { Assertion } from './assertion.ts';

/** `error`: it cannot be judged, because what it names is not there. */
export type Outcome = 'holds' | 'fails' | 'error';

export interface Verdict {
  readonly outcome: Outcome;
  /** One sentence without its full stop: what does not hold, or cannot be judged; where it holds, empty or what is odd about it. */
  readonly message: string;
  /** Some of the pairs that are other than asserted, and why; for isolation, none. */
  readonly pairs: readonly PairReport[];
  /** How many more such pairs there are. */
  readonly more: number;
}

export interface AssertionResult extends Verdict {
  readonly name: string;
  readonly kind: Assertion['kind'];
  readonly at: Location;
}

export interface TestReport {
  /** As `AuditInput.name`. */
  readonly input: string;
  /** In the order of the files. */
  readonly results: readonly AssertionResult[];
  /** What makes the answer less than whole, one sentence each. */
  readonly incomplete: readonly string[];
}

export const HOLDS: Verdict = { outcome: 'holds', message: '', pairs: [], more: 0 };
