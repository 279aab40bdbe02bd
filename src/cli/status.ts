/** `postern status`: what a running agent says of itself, for people or as JSON. */

import { Command } from 'commander';
import type { AgentStatus } from '../agent/status.ts';
import { type AgentFlags, withAgent } from './agent-options.ts';
import { askAgent, socketOf } from './ask-agent.ts';
import { failWith } from './fail-with.ts';
import { formatStatus } from './status-text.ts';

interface StatusFlags extends AgentFlags {
  readonly json?: boolean;
}

/** Exit codes. */
const [HEALTHY, UNHEALTHY, NO_AGENT] = [0, 1, 2];

export function statusCommand(): Command {
  return withAgent(new Command('status'))
    .option('--json', 'as JSON, as the socket gives it')
    .addHelpText('after', '\nExit code: 0 healthy; 1 not healthy; 2 no agent answers.')
    .action((flags: StatusFlags) => failWith(NO_AGENT, () => showStatus(flags)));
}

async function showStatus(flags: StatusFlags): Promise<void> {
  const status = await askAgent<AgentStatus>(socketOf(flags), 'GET', '/status');
  console.log(flags.json === true ? JSON.stringify(status, undefined, 2) : formatStatus(status, Date.now()));
  process.exitCode = status.healthy ? HEALTHY : UNHEALTHY;
}
