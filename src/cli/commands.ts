/** The subcommands of `postern`. Each is loaded when it is asked for: an audit needs no agent, and no agent an audit. */

import { Command } from 'commander';
import { PosternError } from '../model/error.ts';
import { VERSION } from '../model/version.ts';

interface CommandEntry {
  readonly name: string;
  readonly description: string;
  /** It works on Linux alone: eBPF, network namespaces, sockets of the agent. */
  readonly linux: boolean;
  readonly load: () => Promise<Command>;
}

const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'agent',
    description: 'enforce NetworkPolicies in this network namespace',
    linux: true,
    load: async () => (await import('./agent.ts')).agentCommand(),
  },
  {
    name: 'status',
    description: 'what the running agent enforces, and how it fares',
    linux: true,
    load: async () => (await import('./status.ts')).statusCommand(),
  },
  {
    name: 'monitor',
    description: 'what the running agent drops, live; with --flows new allowed flows too',
    linux: true,
    load: async () => (await import('./monitor.ts')).monitorCommand(),
  },
  {
    name: 'enforcement',
    description: 'stop enforcing on one node, or begin again (break-glass)',
    linux: true,
    load: async () => (await import('./enforcement.ts')).enforcementCommand(),
  },
  {
    name: 'cni',
    description: 'the CNI plugin that holds new pods until they are evaluated',
    linux: true,
    load: async () => (await import('./cni.ts')).cniCommand(),
  },
  {
    name: 'audit',
    description: 'what is wrong with policies, in files or a cluster; needs no agent, no kernel and no root',
    linux: false,
    load: async () => (await import('./audit.ts')).auditCommand(),
  },
  {
    name: 'lab',
    description: 'nodes and pods in network namespaces of this machine, joined by real CNI plugins',
    linux: true,
    load: async () => (await import('./lab.ts')).labCommand(),
  },
  {
    name: 'completion',
    description: 'completion of commands and options for a shell',
    linux: false,
    load: async () => (await import('./completion.ts')).completionCommand(makeProgram),
  },
];

/**
 * The program with the subcommand that `words` (those after `postern`) begin with; of the others it has name and description alone. Commands that need
 * Linux throw `E_PLATFORM` where they are run elsewhere.
 */
export async function makeProgram(words: readonly string[], platform: string = process.platform): Promise<Command> {
  const program = new Command('postern')
    .description('Kubernetes NetworkPolicy enforcement with eBPF, beside any CNI')
    .version(VERSION)
    .showHelpAfterError();
  const [first, second] = words.filter((word) => !word.startsWith('-'));
  const asked = first === 'help' ? second : first;
  for (const { name, description, linux, load } of COMMANDS) {
    const command = name === asked ? await load() : new Command(name);
    if (linux && platform !== 'linux') command.hook('preAction', () => refusePlatform(name, platform));
    program.addCommand(command.description(description));
  }
  return program;
}

function refusePlatform(name: string, platform: string): never {
  throw new PosternError('E_PLATFORM', `postern ${name} works on Linux, and this is ${platform}`, {
    mend: 'run it on a node; postern audit works everywhere',
  });
}
