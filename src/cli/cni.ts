/** `postern cni`: the chained CNI plugin that holds new pods until they are evaluated, put in and taken out by hand. */

import { Command } from 'commander';
import { formatError } from '../model/error.ts';

interface FolderFlags {
  readonly binDir: string;
  readonly confDir: string;
}

interface InstallFlags extends FolderFlags {
  readonly socket: string;
  readonly program?: string;
}

const MORE = `
The plugin lets a pod start only when its policies are in force at its interface. While it is installed and no agent runs, NO NEW POD STARTS on the node
(but for pods of the host's network). An agent with --cni-conf-dir and --cni-bin-dir installs it by itself and keeps it installed; its end does not
remove it.`;

export function cniCommand(): Command {
  return new Command('cni')
    .addHelpText('after', MORE)
    .addCommand(
      withFolders(new Command('install'))
        .description('add it to the CNI configuration that the container runtime uses')
        .requiredOption('--socket <path>', "of the node's agent, on the host")
        .option('--program <file>', 'another program than the one of this package')
        .action(install),
    )
    .addCommand(
      withFolders(new Command('remove'))
        .description('take it out of the CNI configuration, which then is as it was, and its program away')
        .option('--keep-program', 'leave the program: CRI-O asks it to end pods that were started with it')
        .action(async (flags: FolderFlags & { readonly keepProgram?: boolean }) => {
          const { removePlugin } = await import('../cni/remove-plugin.ts');
          console.log(removePlugin(flags));
        }),
    );
}

function withFolders(command: Command): Command {
  return command
    .requiredOption('--bin-dir <dir>', "the container runtime's folder of CNI plugins, mostly /opt/cni/bin")
    .requiredOption('--conf-dir <dir>', 'its folder of CNI configurations, mostly /etc/cni/net.d');
}

async function install({ binDir, confDir, socket, program }: InstallFlags): Promise<void> {
  const { installEntry, noConfiguration } = await import('../cni/config-folder.ts');
  const { PLUGIN_TYPE } = await import('../cni/plugin-list.ts');
  const { installProgram, ownProgram } = await import('../cni/plugin-program.ts');
  installProgram(program ?? ownProgram(), binDir);
  const { file, changed, problems } = installEntry(confDir, { type: PLUGIN_TYPE, socket });
  for (const problem of problems) console.error(`postern: passed over: ${formatError(problem)}`);
  if (file === undefined) throw noConfiguration(confDir, 'install a CNI provider first');
  console.log(changed ? `the plugin is in ${file}` : `the plugin was in ${file} already`);
}
