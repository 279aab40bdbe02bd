/** `postern lab`: nodes and pods on this machine, to try policies on. */

import { Command, Option } from 'commander';
import { Lab } from '../lab/lab.ts';
import { DEFAULT_LAB } from '../lab/lab-paths.ts';
import { runLabDemo } from './lab-demo.ts';
import { runLabExec } from './lab-exec.ts';
import { runLabProbe } from './lab-probe.ts';
import { runLabStatus } from './lab-status.ts';
import { runLabApply, runLabDelete, runLabUp } from './lab-up.ts';

export function labCommand(): Command {
  const lab = new Command('lab').description('nodes and pods in network namespaces of this machine, joined by real CNI plugins');
  withName(lab.command('up'))
    .description('make a lab from manifests (Pod, Namespace, Node, NetworkPolicy; folders are read file by file)')
    .argument('<file...>')
    .option('--nodes <number>', 'how many nodes', '2')
    .addOption(cniOption())
    .addOption(fabricOption())
    .option('--no-enforce', 'run no agents: policies are kept but do nothing')
    .action(runLabUp);
  withName(lab.command('down'))
    .description('clear a lab away, also what a crash left of it')
    .action(async ({ name }: { readonly name: string }) => {
      const removed = await Lab.remove(name);
      console.log(removed.length === 0 ? `there was no lab "${name}"` : `lab "${name}" is gone (${removed.length} network namespaces)`);
    });
  withName(lab.command('status')).description('nodes, pods, addresses and agents').option('--json', 'as JSON').action(runLabStatus);
  withName(lab.command('exec'))
    .description("run a command in a pod's network namespace")
    .argument('<pod>', 'namespace/name, or the name where only one pod has it')
    .argument('<command...>')
    .action(runLabExec);
  withName(lab.command('apply')).description('create or change objects; returns when they are in force').argument('<file...>').action(runLabApply);
  withName(lab.command('delete')).description('delete the objects that the files name').argument('<file...>').action(runLabDelete);
  withName(lab.command('probe'))
    .description('who reaches whom: every pod probes every port; exits with 1 where the policies say otherwise')
    .option('--ports <list>', 'numbers (80), numbers with protocol (53/udp) or port names, with commas; default: what each pod serves')
    .addOption(new Option('--family <version>', 'only this IP version').choices(['4', '6']))
    .option('--json', 'every probe as JSON')
    .action(runLabProbe);
  lab
    .command('demo')
    .description('a guided tour: a shop, its policies, an attack; over in a minute, and nothing stays')
    .addOption(cniOption())
    .addOption(fabricOption())
    .action(runLabDemo);
  return lab;
}

function cniOption(): Option {
  return new Option('--cni <plugin>', "CNI plugin that makes the pods' interfaces").choices(['bridge', 'ptp']).default('bridge');
}

function fabricOption(): Option {
  return new Option('--fabric <kind>', "how the nodes reach each other's pods").choices(['routed', 'vxlan']).default('routed');
}

function withName(command: Command): Command {
  return command.option('--name <lab>', 'which lab', DEFAULT_LAB);
}
