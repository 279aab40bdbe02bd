/** Why the policies allow or deny a probe, in sentences. */

import type { RuleExplanation, SideExplanation } from '../../compiler/explain.ts';
import { explanationOf } from './expectation.ts';
import type { Lab } from '../lab.ts';
import type { ProbeRequest } from '../types.ts';

export interface ProbeExplanation {
  readonly allowed: boolean;
  /** Both sides, the pod's egress first. */
  readonly lines: readonly string[];
}

export function explainProbe(lab: Lab, probe: ProbeRequest): ProbeExplanation {
  const { allowed, egress, ingress } = explanationOf(lab)(probe);
  return { allowed, lines: [...sideText(egress, probe.from), ...sideText(ingress, probe.to)] };
}

function sideText(side: SideExplanation, host: string): readonly string[] {
  const subject = `${side.direction} of ${host}`;
  switch (side.verdict) {
    case 'not-isolated':
      return [`${subject}: no policy selects it`];
    case 'allow': {
      const allowing = side.rules.filter((rule) => rule.allows).map(ruleName);
      return [`${subject}: allowed by ${allowing.join(', ')}`];
    }
    case 'deny':
      return [`${subject}: nothing allows it`, ...side.rules.map((rule) => `  ${ruleName(rule)}: ${reasonText(rule)}`)];
  }
}

/** Rules are counted from 1, as people do. */
function ruleName({ policy, rule }: RuleExplanation): string {
  return rule === undefined ? policy : `${policy} rule ${rule + 1}`;
}

function reasonText({ because }: RuleExplanation): string {
  switch (because) {
    case 'matches':
      return 'allows it';
    case 'peer':
      return 'is for other peers';
    case 'port':
      return 'is for other ports';
    case 'no rules':
      return 'closes, and opens nothing';
    case 'invalid':
      return 'invalid, so it allows nothing';
    case 'does not fit':
      return 'over the budget, so it allows nothing';
  }
}
