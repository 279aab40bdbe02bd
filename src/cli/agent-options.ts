/** Options that say which running agent is meant. */

import type { Command } from 'commander';

export interface AgentFlags {
  readonly node?: string;
  readonly socket?: string;
}

/** Options that `socketOf` reads. */
export function withAgent(command: Command): Command {
  return command
    .option(
      '--node <name>',
      "the agent's node, where its socket is the default one (default: POSTERN_NODE or NODE_NAME, else the only agent here)",
    )
    .option('--socket <path>', 'unix socket of the agent (default /run/postern/NODE/agent.sock)');
}
