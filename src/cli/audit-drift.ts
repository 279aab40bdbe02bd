/** `postern audit drift`: whether the kernels hold what the agents want there, on this node or on every node of a cluster. Nothing is repaired. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { DriftOutcome } from '../agent/drift-check.ts';
import { countDiffered } from '../model/drift.ts';
import { PosternError } from '../model/error.ts';
import { formatOutcome } from './agent-verify.ts';
import type { AgentFlags } from './agent-options.ts';
import { askAgent, socketOf } from './ask-agent.ts';
import { EXIT, exitCode } from './audit-exit.ts';
import { Progress } from './audit-progress.ts';
import { failWith } from './fail-with.ts';
import { tell } from './tell.ts';

export interface DriftFlags extends AgentFlags {
  readonly allNodes?: boolean;
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly agentNamespace: string;
  readonly json?: boolean;
  readonly allowIncomplete?: boolean;
}

interface NodeDrift {
  readonly node: string;
  /** Absent where the agent could not be asked; then there is a problem. */
  readonly outcome?: DriftOutcome;
  readonly problem?: string;
}

const AGENTS = 'app.kubernetes.io/name=postern';
const PARALLEL = 8;
const TIMEOUT_MS = 60_000;
const LONGEST = 64 << 20;
const run = promisify(execFile);

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
  const asked: NodeDrift[] = [];
  for (let at = 0; at < agents.length; at += PARALLEL) {
    progress.say(`asking the agents of ${agents.length} nodes, ${at} have answered`);
    asked.push(...(await Promise.all(agents.slice(at, at + PARALLEL).map((agent) => askPod(flags, agent)))));
  }
  return asked;
}

interface AgentPod {
  readonly pod: string;
  readonly node: string;
}

async function listAgents(flags: DriftFlags): Promise<AgentPod[]> {
  const text = await kubectl(flags, ['get', 'pods', '--selector', AGENTS, '--output', 'json']);
  const { items } = JSON.parse(text) as { items: readonly { metadata: { name: string }; spec: { nodeName?: string } }[] };
  if (items.length === 0)
    throw new PosternError('E_AGENT', `no agent runs in namespace ${flags.agentNamespace}`, { mend: 'name theirs with --agent-namespace' });
  const agents = items.map(({ metadata, spec }) => ({ pod: metadata.name, node: spec.nodeName ?? metadata.name }));
  return agents.toSorted((a, b) => (a.node < b.node ? -1 : 1));
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

async function kubectl({ context, kubeconfig, agentNamespace }: DriftFlags, args: readonly string[]): Promise<string> {
  const way = [...(context === undefined ? [] : ['--context', context]), ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig])];
  try {
    const { stdout } = await run('kubectl', [...way, '--namespace', agentNamespace, ...args], { timeout: TIMEOUT_MS, maxBuffer: LONGEST });
    return stdout;
  } catch (cause) {
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : String(cause);
    throw new PosternError('E_KUBECTL', `kubectl ${args[0]} failed: ${said === '' ? 'it cannot be run' : said}`, {
      mend: 'install kubectl and see that it may list pods and exec into them there, or run it on a node without --all-nodes',
      cause,
    });
  }
}

function formatNode({ node, outcome, problem }: NodeDrift): string {
  if (outcome === undefined) tell(`${node}: ${problem}`);
  return `${node}\n${outcome === undefined ? 'could not be asked' : formatOutcome(outcome)}`;
}
