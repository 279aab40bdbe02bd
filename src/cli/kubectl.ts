/** The agents of a cluster, reached by kubectl, which has whatever way into the cluster its user has. */

import { execFile } from 'node:child_process';
import { PosternError } from '../model/error.ts';

export interface KubectlFlags {
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly agentNamespace: string;
}

export interface AgentPod {
  readonly pod: string;
  readonly node: string;
}

const AGENTS = 'app.kubernetes.io/name=postern';
const PARALLEL = 8;
const TIMEOUT_MS = 60_000;
const LONGEST = 64 << 20;

/** By their nodes' names. `E_AGENT` where there are none. */
export async function listAgents(flags: KubectlFlags): Promise<AgentPod[]> {
  const text = await kubectl(flags, ['get', 'pods', '--selector', AGENTS, '--output', 'json']);
  const { items } = JSON.parse(text) as { items: readonly { metadata: { name: string }; spec: { nodeName?: string } }[] };
  if (items.length === 0)
    throw new PosternError('E_AGENT', `no agent runs in namespace ${flags.agentNamespace}`, { mend: 'name theirs with --agent-namespace' });
  const agents = items.map(({ metadata, spec }) => ({ pod: metadata.name, node: spec.nodeName ?? metadata.name }));
  return agents.toSorted((a, b) => (a.node < b.node ? -1 : 1));
}

/** Of every agent, some at a time; `onAnswers` is told how many have answered. */
export async function askEach<Answer>(
  agents: readonly AgentPod[],
  ask: (agent: AgentPod) => Promise<Answer>,
  onAnswers: (count: number) => void,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let at = 0; at < agents.length; at += PARALLEL) {
    onAnswers(at);
    answers.push(...(await Promise.all(agents.slice(at, at + PARALLEL).map(ask))));
  }
  return answers;
}

/** What it prints. Throws `E_KUBECTL`, whose cause has `stdout`. */
export function kubectl(flags: KubectlFlags, args: readonly string[], input?: string): Promise<string> {
  const { context, kubeconfig, agentNamespace } = flags;
  const way = [...(context === undefined ? [] : ['--context', context]), ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig])];
  return new Promise((resolve, reject) => {
    const child = execFile(
      'kubectl',
      [...way, '--namespace', agentNamespace, ...args],
      { timeout: TIMEOUT_MS, maxBuffer: LONGEST },
      (cause, stdout, stderr) => {
        if (cause === null) resolve(stdout);
        else reject(failed(args[0] ?? '', Object.assign(cause, { stdout }), stderr));
      },
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  });
}

function failed(verb: string, cause: Error, stderr: string): PosternError {
  const said = stderr.trim();
  return new PosternError('E_KUBECTL', `kubectl ${verb} failed: ${said === '' ? 'it cannot be run' : said}`, {
    mend: 'install kubectl and see that it may list pods and exec into them there, or run it on a node without --all-nodes',
    cause,
  });
}
