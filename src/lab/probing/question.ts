/** What one cell of a matrix asks over one IP version, and what it makes of the answers. */

import type { ProbeRequest, ProbeResult, ServiceProbe } from '../types.ts';
import type { Reading } from './matrix.ts';

export interface Question {
  readonly probes: readonly (ProbeRequest | ServiceProbe)[];
  /** `results` in the order of the probes. */
  readonly read: (results: readonly ProbeResult[]) => Reading;
}
