/** The subcommands of `postern`. Each is loaded when it is asked for: an audit needs no agent, and no agent an audit. */

import { Command } from 'commander';
import { VERSION } from '../model/version.ts';

interface CommandEntry {
  readonly name: string;
  readonly description: string;
  readonly load: () => Promise<Command>;
}

const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'agent',
    description: 'enforce NetworkPolicies in this network namespace',
    load: async () => (await import('./agent.ts')).agentCommand(),
  },
  {
    name: 'status',
    description: 'what the running agent enforces, and how it fares',
    load: async () => (await import('./status.ts')).statusCommand(),
  },
  {
    name: 'monitor',
    description: 'what the running agent drops, live; with --flows new allowed flows too',
    load: async () => (await import('./monitor.ts')).monitorCommand(),
  },
  {
    name: 'enforcement',
    description: 'stop enforcing on one node, or begin again (break-glass)',
    load: async () => (await import('./enforcement.ts')).enforcementCommand(),
  },
  {
    name: 'cni',
    description: 'the CNI plugin that holds new pods until they are evaluated',
    load: async () => (await import('./cni.ts')).cniCommand(),
  },
  {
    name: 'audit',
    description: 'what is wrong with policies, in files or a cluster; needs no agent, no kernel and no root',
    load: async () => (await import('./audit.ts')).auditCommand(),
  },
  {
    name: 'lab',
    description: 'nodes and pods in network namespaces of this machine, joined by real CNI plugins',
    load: async () => (await import('./lab.ts')).labCommand(),
  },
  {
    name: 'completion',
    description: 'completion of commands and options for a shell',
    load: async () => (await import('./completion.ts')).completionCommand(makeProgram),
  },
];

/** The program with the subcommand that `words` (those after `postern`) begin with; of the others it has name and description alone. */
export async function makeProgram(words: readonly string[]): Promise<Command> {
  const program = new Command('postern')
    .description('Kubernetes NetworkPolicy enforcement with eBPF, beside any CNI')
    .version(VERSION)
    .showHelpAfterError();
  const [first, second] = words.filter((word) => !word.startsWith('-'));
  const asked = first === 'help' ? second : first;
  for (const { name, description, load } of COMMANDS) {
    const command = name === asked ? await load() : new Command(name);
    program.addCommand(command.description(description));
  }
  return program;
}
