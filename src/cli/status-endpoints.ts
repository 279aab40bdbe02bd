/** The pods of a node as a table: their interfaces, the policies that isolate them, and what was dropped of their packets. */

import pc from 'picocolors';
import type { AgentStatus, EndpointStatus } from '../agent/status.ts';
import { REASONS, verdictOf } from '../model/reasons.ts';
import { plainTable } from './plain-table.ts';

/** In one cell. */
const POLICIES_NAMED = 3;

const DROPS: ReadonlySet<string> = new Set(REASONS.map(({ name }) => name).filter((name) => verdictOf(name) === 'deny'));

export function endpointTable({ endpoints }: AgentStatus): string[] {
  if (endpoints.length === 0) return ['No pods here that can be enforced'];
  const rows = endpoints
    .toSorted((a, b) => (a.pod < b.pod ? -1 : 1))
    .map(({ pod, interface: name, ifindex, ingress, egress, packets }) => [
      pod,
      name ?? `#${ifindex}`,
      policiesText(ingress),
      policiesText(egress),
      dropsText(packets.ingress),
      dropsText(packets.egress),
    ]);
  const columns = ['pod', 'interface', 'ingress by', 'egress by', 'dropped in', 'dropped out'].map((head) => ({ head }));
  return ['Pods', plainTable(columns, rows)];
}

/** Those of the pod's own namespace by their names alone: there are no others. */
function policiesText(policies: readonly string[]): string {
  if (policies.length === 0) return pc.dim('open');
  const names = policies.map((policy) => policy.slice(policy.indexOf('/') + 1)).toSorted();
  const more = names.length > POLICIES_NAMED ? ` +${names.length - POLICIES_NAMED}` : '';
  return `${names.slice(0, POLICIES_NAMED).join(', ')}${more}`;
}

/** The sum, and the reason of most of it. */
function dropsText(packets: EndpointStatus['packets']['ingress']): string {
  const drops = Object.entries(packets)
    .filter(([reason]) => DROPS.has(reason))
    .toSorted(([, a], [, b]) => b - a);
  const [most] = drops;
  if (most === undefined) return pc.dim('0');
  const sum = drops.reduce((total, [, count]) => total + count, 0);
  return `${sum} ${pc.dim(drops.length === 1 ? most[0] : `${most[0]} and others`)}`;
}
