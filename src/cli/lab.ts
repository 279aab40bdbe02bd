/** `postern lab`: nodes and pods on this machine, to try policies on. */

import { Command, Option } from 'commander';
import { PROBED_BY } from '../lab/probing/matrix.ts';
import { DEFAULT_LAB } from '../lab/state/lab-paths.ts';
import type { DemoFlags } from './lab-demo.ts';
import type { ProbeOptions } from './lab-probe.ts';
import type { StatusOptions } from './lab-status.ts';
import type { UpOptions } from './lab-up.ts';

interface NameOption {
  readonly name: string;
}

/** Each action loads what it needs when it runs: the agent starts from the same command line. */
export function labCommand(): Command {
  const lab = new Command('lab');
  withName(lab.command('up'))
    .description('make a lab from manifests (Pod, Namespace, Node, NetworkPolicy, Service, EndpointSlice; folders are read file by file)')
    .argument('<file...>')
    .option('--nodes <number>', 'how many nodes', '2')
    .addOption(cniOption())
    .addOption(fabricOption())
    .addOption(proxyOption())
    .option('--no-enforce', 'run no agents: policies are kept but do nothing')
    .action(async (files: string[], options: UpOptions) => (await import('./lab-up.ts')).runLabUp(files, options));
  withName(lab.command('down'))
    .description('clear a lab away, also what a crash left of it')
    .action(async (options: NameOption) => (await import('./lab-up.ts')).runLabDown(options));
  withName(lab.command('status'))
    .description('nodes, pods, addresses and agents')
    .option('--json', 'as JSON')
    .action(async (options: StatusOptions) => (await import('./lab-status.ts')).runLabStatus(options));
  withName(lab.command('exec'))
    .description("run a command in a pod's network namespace")
    .argument('<pod>', 'namespace/name, or the name where only one pod has it')
    .argument('<command...>')
    .action(async (pod: string, argv: string[], options: NameOption) => (await import('./lab-exec.ts')).runLabExec(pod, argv, options));
  withName(lab.command('apply'))
    .description('create or change objects; returns when they are in force')
    .argument('<file...>')
    .action(async (files: string[], options: NameOption) => (await import('./lab-up.ts')).runLabApply(files, options));
  withName(lab.command('delete'))
    .description('delete the objects that the files name')
    .argument('<file...>')
    .action(async (files: string[], options: NameOption) => (await import('./lab-up.ts')).runLabDelete(files, options));
  withName(lab.command('probe'))
    .description('who reaches whom: every pod probes every port; exits with 1 where the policies say otherwise')
    .addOption(
      new Option('--by <address>', "whether pods are asked by their own addresses or by their Services'").choices(PROBED_BY).default('pod'),
    )
    .option(
      '--ports <list>',
      'numbers (80), numbers with protocol (53/udp) or port names, with commas; default: what each pod or Service has',
    )
    .addOption(new Option('--family <version>', 'only this IP version').choices(['4', '6']))
    .option('--json', 'every probe as JSON')
    .action(async (options: ProbeOptions) => (await import('./lab-probe.ts')).runLabProbe(options));
  lab
    .command('demo')
    .description('a guided tour: a shop, its policies, an attack; over in a minute, and nothing stays')
    .addOption(cniOption())
    .addOption(fabricOption())
    .action(async (options: DemoFlags) => (await import('./lab-demo.ts')).runLabDemo(options));
  return lab;
}

function cniOption(): Option {
  return new Option('--cni <plugin>', "CNI plugin that makes the pods' interfaces").choices(['bridge', 'ptp']).default('bridge');
}

function fabricOption(): Option {
  return new Option('--fabric <kind>', "how the nodes reach each other's pods").choices(['routed', 'vxlan']).default('routed');
}

function proxyOption(): Option {
  return new Option('--proxy <kind>', 'what rewrites Services and host ports to pods, as kube-proxy does')
    .choices(['nftables', 'none'])
    .default('nftables');
}

function withName(command: Command): Command {
  return command.option('--name <lab>', 'which lab', DEFAULT_LAB);
}
