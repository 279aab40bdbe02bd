/** `postern agent test-run`: hands packets on standard input to a running agent, and prints what the kernel would do with each. */

import { buffer } from 'node:stream/consumers';
import { Command } from 'commander';
import type { TestAnswers } from '../model/test-run.ts';
import { askAgent, socketOf } from './ask-agent.ts';
import { failWith } from './fail-with.ts';

const FAILED = 1;

const EXAMPLE = `
  echo '{"packets": [{"pod": "shop/db-0", "direction": "ingress", "peer": "10.0.1.7", "protocol": "TCP", "port": 5432}]}' | postern agent test-run

Each packet is the first one of a connection at the interface of a pod of this node. Nothing is sent; the kernel counts the packet like any other.`;

export function testRunCommand(): Command {
  return new Command('test-run')
    .description('what the kernel would do with packets, read as JSON from standard input')
    .option('--node <name>', "the agent's node, where its socket is the default one")
    .option('--socket <path>', 'unix socket of the agent (default /run/postern/NODE/agent.sock)')
    .addHelpText('after', EXAMPLE)
    .action((_flags: unknown, command: Command) =>
      failWith(FAILED, async () => {
        const answers = await askAgent<TestAnswers>(socketOf(command.optsWithGlobals()), 'POST', '/test-run', await buffer(process.stdin));
        console.log(JSON.stringify(answers, undefined, 2));
      }),
    );
}
