/** What a check is: a kind of fault, and how it is looked for. */

import type { Location } from '../../model/error.ts';
import type { CheckInfo, Related } from '../finding.ts';
import type { AuditModel } from '../model/audit-model.ts';
import type { Reach } from '../model/reach.ts';

export interface CheckContext {
  readonly model: AuditModel;
  readonly reach: Reach;
  /** Says what makes the answer less than whole. */
  readonly incomplete: (sentence: string) => void;
}

/** A finding before the configuration has had its say. */
export interface Sighting {
  readonly message: string;
  readonly at: Location;
  readonly related?: readonly Related[];
  /** Where the check's own word is too general. */
  readonly mend?: string;
  /** What tells it apart from others of the same check at the same object and field. */
  readonly key?: string;
}

export interface Check extends CheckInfo {
  readonly run: (context: CheckContext) => Iterable<Sighting>;
}
