/** The policies that select pods of a node as a table: how many, and since when each is in force there. */

import pc from 'picocolors';
import type { AgentStatus } from '../agent/status.ts';
import type { PolicyStatus } from '../agent/policy-status.ts';
import { describeMoment } from './describe-time.ts';
import { plainTable } from './plain-table.ts';

/** `now`: milliseconds since the epoch. */
export function policyTable({ policies }: AgentStatus, now: number): string[] {
  const here = policies.filter(({ selects }) => selects > 0).toSorted((a, b) => (a.policy < b.policy ? -1 : 1));
  if (here.length === 0) return [];
  const rows = here.map((policy) => [policy.policy, String(policy.selects), sinceText(policy, now)]);
  const columns = [{ head: 'policy' }, { head: 'pods', align: 'right' as const }, { head: 'in force since' }];
  return ['Policies for pods here', plainTable(columns, rows)];
}

function sinceText({ inForceSince, excluded }: PolicyStatus, now: number): string {
  if (inForceSince !== null) return describeMoment(inForceSince, now);
  return excluded ? pc.dim('excluded: its namespace is') : pc.red('not in force as written');
}
