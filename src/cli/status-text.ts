/** An agent's status as people read it: what is wrong first, then where it reads from, how full its tables are, and its pods. */

import pc from 'picocolors';
import type { AgentStatus } from '../agent/status.ts';
import { describeMoment } from './describe-time.ts';
import { plainTable } from './plain-table.ts';
import { endpointTable } from './status-endpoints.ts';
import { policyTable } from './status-policies.ts';
import { pluginLines, runtimeLines, sourceLines } from './status-source.ts';

/** `now`: milliseconds since the epoch. */
export function formatStatus(status: AgentStatus, now: number): string {
  const sections = [
    headLines(status, now),
    listSection(
      'What is wrong, and how to mend it',
      status.troubles.map((trouble) => pc.red(trouble)),
    ),
    listSection('What the source complains of', status.source.healthy ? status.source.problems : []),
    listSection('Policies with problems', policyProblems(status)),
    listSection('Pods that are not enforced', unenforcedPods(status)),
    listSection('Pods whose interface was not found', status.missing),
    ['Source', ...sourceLines(status.source), ...runtimeLines(status.cri), ...pluginLines(status)],
    ['Tables of the kernel', tableOfTables(status)],
    policyTable(status, now),
    endpointTable(status),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function headLines(status: AgentStatus, now: number): string[] {
  const { node, version, healthy, unready, settled, enforcement, policies, endpoints } = status;
  const health = healthy ? pc.green('healthy') : pc.red('not healthy');
  const ready = unready === null ? pc.green('enforcing') : pc.red('not enforcing');
  const isolated = endpoints.filter(({ ingress, egress }) => ingress.length + egress.length > 0).length;
  const selecting = policies.filter(({ selects }) => selects > 0).length;
  const { attach, services, kernelConntrack, tookOverFlows } = status.datapath;
  const kernel = kernelConntrack === true ? "the kernel's conntrack is asked" : "the kernel's conntrack cannot be asked";
  return [
    `${pc.bold(node)}  ${health}, ${ready}${settled ? '' : pc.yellow(', changes are on their way')}  ${pc.dim(`Postern ${version}`)}`,
    ...(unready === null ? [] : [`  ${pc.red(unready)}`]),
    ...enforcementLines(enforcement, now),
    `  ${counted(endpoints.length, 'pod')}, ${isolated} isolated; ${counted(policies.length, 'policy', 'policies')} in the cluster, ${selecting} of them for pods here`,
    `  ${counted(status.identities, 'identity', 'identities')}, ${counted(status.rulesets, 'ruleset')}, ${counted(status.flushes, 'flush', 'flushes')}`,
    `  attached by ${String(attach)}, Services judged by ${String(services)}, ${kernel}${tookOverFlows === true ? ', flows of an earlier agent taken over' : ''}`,
    `  ${driftLine(status, now)}`,
    ...(status.countsLater ? [pc.yellow('  changes of some namespace wait until its budget can be counted again')] : []),
    ...(status.lostEvents > 0
      ? [pc.dim(`  ${status.lostEvents} packet events were not told: above the rate (the packets were counted)`)]
      : []),
    ...(status.excludedNamespaces.length > 0 ? [`  excluded namespaces: ${status.excludedNamespaces.join(', ')}`] : []),
  ];
}

function enforcementLines({ on, since, by, problem }: AgentStatus['enforcement'], now: number): string[] {
  const complaint = problem === null ? [] : [`  ${pc.red(problem)}`];
  if (by === null) return complaint;
  const when = since === null ? '' : `, since ${describeMoment(since, now)}`;
  if (on) return [`  enforcement is on${when}`, ...complaint];
  const who = by === 'local' ? 'postern enforcement off' : "the Node's annotation";
  return [pc.bgRed(pc.white(`  ENFORCEMENT IS OFF by ${who}${when}: every pod here is open  `)), ...complaint];
}

function driftLine({ drift }: AgentStatus, now: number): string {
  const { checkedAt, found = [], repaired = 0, totals } = drift;
  if (checkedAt === null) return 'the kernel has not been compared yet with what it was told';
  const last = `compared with the kernel ${describeMoment(checkedAt, now)}: `;
  const since = totals.found === 0 ? '' : pc.dim(` (since the start ${totals.found} differed, ${totals.repaired} repaired)`);
  if (found.length === 0) return `${last}nothing differed${since}`;
  const text = `${found.length} differed, ${repaired} repaired: postern agent verify shows them`;
  return `${last}${repaired < found.length ? pc.red(text) : pc.yellow(text)}${since}`;
}

function policyProblems({ policies }: AgentStatus): string[] {
  return policies.flatMap(({ policy, problems }) => problems.map((problem) => `${pc.bold(policy)}  ${pc.red(problem)}`));
}

function unenforcedPods({ unenforced }: AgentStatus): string[] {
  return Object.entries(unenforced).map(([pod, reason]) => `${pc.bold(pod)}  ${reason}`);
}

function listSection(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
}

const FULL = 0.9;

function tableOfTables({ tables }: AgentStatus): string {
  const rows = tables.map(({ name, rows: used, capacity }) => {
    if (used === null) return [name, pc.dim('not counted yet'), String(capacity), ''];
    const share = capacity === 0 ? 0 : used / capacity;
    const text = `${(share * 100).toFixed(1)} %`;
    return [name, String(used), String(capacity), share >= FULL ? pc.red(text) : text];
  });
  const right = (head: string) => ({ head, align: 'right' as const });
  return plainTable([{ head: 'table' }, right('rows'), right('room for'), right('full')], rows);
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
