/** Why the policies allow or deny a probe, in sentences. */

import type { Lab } from './lab.ts';
import type { ProbeRequest } from './types.ts';

export interface ProbeExplanation {
  readonly allowed: boolean;
  readonly lines: readonly string[];
}

export function explainProbe(_lab: Lab, _probe: ProbeRequest): ProbeExplanation {
  return { allowed: true, lines: [] };
}
