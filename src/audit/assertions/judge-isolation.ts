/** Judges assertions that policies isolate pods. */

import type { Direction } from '../../model/verdict.ts';
import type { IsolationAssertion } from './assertion.ts';
import type { JudgeContext } from './judge-context.ts';
import { isHostNetwork } from './pair-table.ts';
import type { AssertedParty } from './party.ts';
import { HOLDS, type Verdict } from './test-report.ts';

const MOST_NAMED = 5;

/** Throws `E_AUDIT_END`. */
export function judgeIsolation({ of, directions }: IsolationAssertion, { finder, model, describe }: JudgeContext): Verdict {
  const parties = finder.find(of);
  if (parties.length === 0) return { ...HOLDS, message: 'it is about nothing: the selection is empty' };
  const open = parties.flatMap((party) => {
    const missing = openDirections(party, directions, (pods, direction) => model.isolating(pods, direction).length > 0);
    if (missing.length === 0) return [];
    const host = party.kind === 'pods' && isHostNetwork(party.pods) ? ', being on the host’s network' : '';
    return [`${describe(party)} for ${missing.join(' and ')}${host}`];
  });
  if (open.length === 0) return HOLDS;
  const rest = open.length - MOST_NAMED;
  const named = [...open.slice(0, MOST_NAMED), ...(rest > 0 ? [`${rest} more`] : [])].join('; ');
  return { ...HOLDS, outcome: 'fails', message: `no policy isolates ${named}` };
}

type Pods = Extract<AssertedParty, { kind: 'pods' }>['pods'];

function openDirections(
  party: AssertedParty,
  directions: readonly Direction[],
  isIsolated: (pods: Pods, direction: Direction) => boolean,
): readonly Direction[] {
  return directions.filter((direction) => party.kind === 'outside' || !isIsolated(party.pods, direction));
}
