/** Where an agent reads the cluster from, in words: a folder, or the API server resource by resource. */

import pc from 'picocolors';
import type { AgentStatus } from '../agent/status.ts';
import type { SourcePart } from '../model/source.ts';
import { describeDuration } from './describe-time.ts';
import { plainTable } from './plain-table.ts';

export function sourceLines({ healthy, problems, details }: AgentStatus['source']): string[] {
  const state = healthy ? pc.green('read as a whole') : pc.red('not read as a whole');
  if (details === undefined) return [`  a folder of manifests, ${state}${problems.length === 0 ? '' : `, ${problems.length} problems`}`];
  const rows = Object.entries(details).map(([resource, part]) => [
    resource,
    stateOf(part),
    String(part.objects),
    part.silentMs === null ? 'never' : `${describeDuration(part.silentMs)} ago`,
    String(part.lists),
    String(part.watches),
  ]);
  const right = (head: string) => ({ head, align: 'right' as const });
  const columns = [{ head: 'resource' }, { head: 'state' }, right('objects'), right('last heard'), right('lists'), right('watches')];
  return [`  the API server, ${state}`, plainTable(columns, rows)];
}

/** The container runtime, which tells pods' addresses before the API server does. Enforcement does not depend on it. */
export function runtimeLines(cri: AgentStatus['cri']): string[] {
  if (cri === null) return [];
  const { socket, runtime, healthy, sandboxes, problem } = cri;
  if (socket === null) return [pc.dim('  no container runtime is asked: there is no socket of one')];
  const state = healthy ? pc.green(`${sandboxes} sandboxes`) : pc.yellow(problem ?? 'it has not answered yet');
  return [`  ${runtime ?? 'a container runtime'} at ${socket}, ${state}`];
}

/** The CNI plugin that holds new pods, where the agent is to keep it installed or has been asked by it. */
export function pluginLines({ cni, gate }: Pick<AgentStatus, 'cni' | 'gate'>): string[] {
  const { passed = 0, refused = 0, medianMs = null } = gate ?? {};
  const counts = passed + refused === 0 ? '' : `; ${passed} passed, ${refused} refused`;
  const asked = counts + (medianMs === null ? '' : `, mostly after ${medianMs} ms`);
  if (cni === null) return asked === '' ? [] : [`  new pods are held by a CNI plugin${asked}`];
  if (!cni.installed) return [pc.red(`  new pods are NOT held: ${cni.problem ?? 'the CNI plugin is not installed yet'}`)];
  return [`  new pods are held by the CNI plugin in ${cni.file}${asked}`];
}

function stateOf({ state, failure, failingMs }: SourcePart): string {
  if (failure === null) return state === 'watching' ? pc.green(state) : pc.yellow(state);
  return pc.red(`${state}, failing for ${describeDuration(failingMs ?? 0)} (${failure})`);
}
