/** `postern audit drift`: whether the kernels hold what the agents want there, on this node or on every node of a cluster. Nothing is repaired. */

import type { DriftOutcome } from '../agent/drift-check.ts';
import { countDiffered } from '../model/drift.ts';
import { PosternError } from '../model/error.ts';
import { formatOutcome } from './agent-verify.ts';
import type { AgentFlags } from './agent-options.ts';
import { askAgent, socketOf } from './ask-agent.ts';
import { EXIT, exitCode } from './audit-exit.ts';
import { Progress } from './audit-progress.ts';
import { failWith } from './fail-with.ts';
import { askEach, kubectl, listAgents, type AgentPod, type KubectlFlags } from './kubectl.ts';
import { tell } from './tell.ts';

export interface DriftFlags extends AgentFlags, KubectlFlags {
  readonly allNodes?: boolean;
  readonly json?: boolean;
  readonly allowIncomplete?: boolean;
}

interface NodeDrift {
  readonly node: string;
  /** Absent where the agent could not be asked; then there is a problem. */
  readonly outcome?: DriftOutcome;
  readonly problem?: string;
}

/** Sets the exit code. */
export async function runDrift(flags: DriftFlags): Promise<void> {
  await failWith(EXIT.failed, async () => {
    const nodes = flags.allNodes === true ? await Progress.during((progress) => askEveryNode(flags, progress)) : [await askHere(flags)];
    console.log(flags.json === true ? JSON.stringify({ version: 1, nodes }, undefined, 2) : nodes.map(formatNode).join('\n\n'));
    const differed = nodes.some(({ outcome }) => outcome !== undefined && countDiffered(outcome) > 0);
    process.exitCode = exitCode(
      differed,
      nodes.some(({ problem }) => problem !== undefined),
      flags.allowIncomplete === true,
    );
  });
}

async function askHere(flags: AgentFlags): Promise<NodeDrift> {
  const socket = socketOf(flags);
  return { node: flags.node ?? socket, outcome: await askAgent<DriftOutcome>(socket, 'POST', '/verify?repair=no') };
}

/** Through kubectl, which has whatever way into the cluster its user has. */
async function askEveryNode(flags: DriftFlags, progress: Progress): Promise<NodeDrift[]> {
  const agents = await listAgents(flags);
  return await askEach(
    agents,
    (agent) => askPod(flags, agent),
    (count) => progress.say(`asking the agents of ${agents.length} nodes, ${count} have answered`),
  );
}

async function askPod(flags: DriftFlags, { pod, node }: AgentPod): Promise<NodeDrift> {
  try {
    const text = await kubectl(flags, ['exec', pod, '--', 'postern', 'agent', 'verify', '--no-repair', '--json']);
    return { node, outcome: JSON.parse(text) as DriftOutcome };
  } catch (error) {
    // With 1 it says that something differs, and what.
    const told = error instanceof PosternError ? readOutcome(error.cause) : undefined;
    return told === undefined ? { node, problem: error instanceof Error ? error.message : String(error) } : { node, outcome: told };
  }
}

function readOutcome(cause: unknown): DriftOutcome | undefined {
  const text = cause instanceof Error && 'stdout' in cause ? String(cause.stdout) : '';
  try {
    const outcome = JSON.parse(text) as Partial<DriftOutcome>;
    return Array.isArray(outcome.compared) ? (outcome as DriftOutcome) : undefined;
  } catch {
    return undefined;
  }
}

function formatNode({ node, outcome, problem }: NodeDrift): string {
  if (outcome === undefined) tell(`${node}: ${problem}`);
  return `${node}\n${outcome === undefined ? 'could not be asked' : formatOutcome(outcome)}`;
}
