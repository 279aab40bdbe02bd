/** `postern enforcement`: break-glass at one node, told to its agent itself, for when the API server cannot be reached. */

import { Argument, Command } from 'commander';
import type { EnforcementAnswer } from '../agent/set-enforcement.ts';
import type { LocalEnforcement } from '../compiler/enforcement.ts';
import { type AgentFlags, withAgent } from './agent-options.ts';
import { askAgent, socketOf } from './ask-agent.ts';

const WORDS: readonly LocalEnforcement[] = ['off', 'on', 'auto'];

const MORE = `
off   nothing is dropped on this node any more; programs stay attached and the agent goes on listening
on    policies are enforced, whatever the Node's annotation says
auto  as the annotation says: postern.dev/enforcement of the Node, "off" or none

off and on last until auto, or until the agent starts again. For many nodes, and for longer:
  kubectl annotate node NAME postern.dev/enforcement=off    (or nodes --all; postern.dev/enforcement- takes it back)

Exit code: 0 it is so; 1 it is not so yet, or the agent could not be asked.`;

export function enforcementCommand(): Command {
  return withAgent(new Command('enforcement'))
    .addArgument(new Argument('<word>', 'what is to be').choices(WORDS))
    .addHelpText('after', MORE)
    .action(async (word: LocalEnforcement, flags: AgentFlags) => {
      const answer = await askAgent<EnforcementAnswer>(socketOf(flags), 'POST', `/enforcement?${word}`);
      console.log(formatAnswer(answer));
      process.exitCode = answer.inForce ? 0 : 1;
    });
}

const SAID_BY: Readonly<Record<EnforcementAnswer['by'], string>> = {
  default: 'as nothing else is said',
  annotation: "as the Node's annotation says",
  local: 'as this agent was told, until it is told auto or starts again',
};

export function formatAnswer({ node, on, by, inForce, since, failure }: EnforcementAnswer): string {
  const what = `enforcement ${inForce ? 'is' : 'is to be'} ${on ? 'on' : 'off'} on ${node}, ${SAID_BY[by]}`;
  if (inForce) return since === null ? what : `${what} (since ${since})`;
  const why = failure ?? 'the agent has not read the whole cluster yet, and what an earlier agent enforces stays until it has';
  return `${what}\nNOT IN FORCE YET: ${why}\nTo take the programs off instead, stop the agent and run: postern agent uninstall`;
}
