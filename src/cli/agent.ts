/** `postern agent`: options to the agent's own words. */

import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseListenAddress, type ListenAddress } from '../agent/telemetry/listen-address.ts';
import type { AgentOptions } from '../agent/agent.ts';
import { defaultBpfRoot, defaultSocket } from '../agent/default-paths.ts';
import type { Services } from '../datapath/load-programs.ts';
import { PosternError } from '../model/error.ts';
import { testRunCommand } from './agent-test-run.ts';
import { verifyCommand } from './agent-verify.ts';

type SourceFlag = { readonly kind: 'files'; readonly directory: string } | { readonly kind: 'kube' };

interface AgentFlags {
  readonly source?: SourceFlag;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly node?: string;
  readonly bpfRoot?: string;
  readonly socket?: string;
  readonly cri?: readonly string[];
  readonly cniConfDir?: string;
  readonly cniBinDir?: string;
  readonly sourceCheck: boolean;
  readonly excludeNamespace: readonly string[];
  readonly attach?: 'tcx' | 'tc';
  readonly services?: Services;
  readonly conntrackRows?: number;
  readonly verifyInterval: number;
  readonly listen?: ListenAddress;
  readonly logLevel: string;
}

export function agentCommand(): Command {
  const command = new Command('agent');
  command
    .addOption(new Option('--source <source>', 'where the cluster is read from: kube (the API server) or files:DIR').argParser(parseSource))
    .option(
      '--kubeconfig <file>',
      "how the API server is reached (default: the pod's service account, else KUBECONFIG, else ~/.kube/config)",
    )
    .option('--context <name>', 'of the kubeconfig; default its current one')
    .option('--node <name>', 'the node whose pods are enforced')
    .option('--bpf-root <dir>', 'folder for pins; a bpf file system is mounted there unless it is on one (default /run/postern/NODE/bpf)')
    .option('--socket <path>', 'unix socket for status and events (default /run/postern/NODE/agent.sock)')
    .addOption(
      new Option(
        '--cri <socket>',
        "the container runtime's socket, unix:///PATH, or none (default: containerd's or CRI-O's, with --source files none)",
      ).argParser(parseCri),
    )
    .option('--cni-conf-dir <dir>', 'keep the CNI plugin that holds new pods in the configuration there; mostly /etc/cni/net.d')
    .option('--cni-bin-dir <dir>', 'where its program is put; mostly /opt/cni/bin')
    .option('--no-source-check', 'let pods send from addresses that are not theirs')
    .addOption(
      new Option('--exclude-namespace <name>', 'policies in it isolate nobody; may be given again')
        .argParser((name: string, before: readonly string[]) => [...before, name])
        .default([], 'none'),
    )
    .addOption(new Option('--attach <kind>', 'how programs are attached; found out unless given').choices(['tcx', 'tc']))
    .addOption(new Option('--services <where>', 'where Services are judged; found out unless given').choices(['after-nat', 'endpoints']))
    .addOption(new Option('--conntrack-rows <number>', 'size of the table of flows (default 131072)').argParser(parseRows))
    .addOption(
      new Option('--verify-interval <seconds>', 'how often the kernel is compared with what it should hold; 0: only when asked')
        .argParser(parseInterval)
        .default(60),
    )
    .addOption(
      new Option(
        '--listen <address:port>',
        'where metrics and health are served over HTTP (/metrics, /readyz, /livez); nowhere without it',
      ).argParser(parseListen),
    )
    .addOption(new Option('--log-level <level>').choices(['debug', 'info', 'warn', 'error', 'silent']).default('info'))
    .action((flags: AgentFlags) => startAgent(flags));
  command
    .command('uninstall')
    .description('take every program, pin and map of an agent away; it must have ended. Run it in the network namespace of the agent')
    .option('--node <name>', 'the node whose default folder is cleared')
    .option('--bpf-root <dir>', 'the folder of pins, where it is not the default')
    .option('--socket <path>', 'the socket that the agent had, where it is not the default')
    .option('--cni-conf-dir <dir>', 'take the CNI plugin out of the configuration there, too')
    .option('--cni-bin-dir <dir>', 'and its program away from there')
    .action(uninstall);
  command.addCommand(verifyCommand());
  command.addCommand(testRunCommand());
  return command;
}

async function startAgent(flags: AgentFlags): Promise<void> {
  const { source, node } = flags;
  if (source === undefined)
    throw new PosternError('E_USAGE', '--source is missing', {
      mend: 'say where the cluster is read from, e.g. --source kube or --source files:DIR',
    });
  if (node === undefined) throw new PosternError('E_USAGE', '--node is missing', { mend: 'name the node whose pods are to be enforced' });
  const cni = readCniFolders(flags);
  requireRoot();
  const { runAgent } = await import('../agent/agent.ts');
  const { openLog } = await import('../agent/open-log.ts');
  const socket = flags.socket ?? defaultSocket(node);
  mkdirSync(dirname(socket), { recursive: true });
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  await runAgent(
    {
      node,
      ...(await openSource(source, node, flags)),
      bpfRoot: flags.bpfRoot ?? defaultBpfRoot(node),
      socket,
      criSockets: flags.cri ?? (source.kind === 'kube' ? CRI_SOCKETS : []),
      cni,
      sourceCheck: flags.sourceCheck,
      excludedNamespaces: flags.excludeNamespace,
      verifyIntervalMs: flags.verifyInterval * 1000,
      ...(flags.listen === undefined ? {} : { listen: flags.listen }),
      ...(flags.attach === undefined ? {} : { attachMode: flags.attach }),
      ...(flags.services === undefined ? {} : { services: flags.services }),
      ...(flags.conntrackRows === undefined ? {} : { conntrackRows: flags.conntrackRows }),
      log: openLog(flags.logLevel),
    },
    stop.signal,
  );
  // A rolling update waits for the process: no connection that some library still holds may keep it.
  process.exit();
}

async function uninstall(_flags: unknown, command: Command): Promise<void> {
  requireRoot();
  const flags: Pick<AgentFlags, 'node' | 'bpfRoot' | 'socket' | 'cniConfDir' | 'cniBinDir'> = command.optsWithGlobals();
  const cni = readCniFolders(flags);
  const { clearBpfRoot, spareFolder } = await import('../agent/bpf-root.ts');
  const { detachAll } = await import('../datapath/attachments.ts');
  const { node } = flags;
  const root = flags.bpfRoot ?? (node === undefined ? undefined : defaultBpfRoot(node));
  if (root === undefined) throw new PosternError('E_USAGE', 'which agent?', { mend: 'give --node or --bpf-root' });
  const socket = flags.socket ?? (node === undefined ? undefined : defaultSocket(node));
  const interfaces = clearBpfRoot(root, socket === undefined ? undefined : spareFolder(socket), detachAll);
  // Not before: an agent that still runs would put it there again.
  if (cni !== undefined) {
    const { removePlugin } = await import('../cni/remove-plugin.ts');
    console.log(removePlugin(cni));
  }
  console.log(
    `nothing of Postern is left under ${root}; programs were taken off ${interfaces.length} interface${interfaces.length === 1 ? '' : 's'}`,
  );
}

function readCniFolders({ cniConfDir, cniBinDir }: Pick<AgentFlags, 'cniConfDir' | 'cniBinDir'>): AgentOptions['cni'] {
  if (cniConfDir === undefined && cniBinDir === undefined) return undefined;
  if (cniConfDir !== undefined && cniBinDir !== undefined) return { confDir: cniConfDir, binDir: cniBinDir };
  throw new PosternError('E_USAGE', '--cni-conf-dir and --cni-bin-dir belong together', {
    mend: 'give both, e.g. --cni-conf-dir /etc/cni/net.d --cni-bin-dir /opt/cni/bin',
  });
}

/** Only what is used is loaded: client-node alone takes as much memory as all the rest. */
async function openSource(
  source: SourceFlag,
  node: string,
  { kubeconfig, context }: AgentFlags,
): Promise<Pick<AgentOptions, 'source' | 'notices'>> {
  switch (source.kind) {
    case 'files': {
      const { filesSource } = await import('../manifests/files-source.ts');
      return { source: filesSource(source.directory) };
    }
    case 'kube': {
      const { ApiServer } = await import('../kube/api-server.ts');
      const { KubeEvents } = await import('../kube/events.ts');
      const { kubeSource } = await import('../kube/kube-source.ts');
      const server = new ApiServer({ ...(kubeconfig === undefined ? {} : { kubeconfig }), ...(context === undefined ? {} : { context }) });
      return { source: kubeSource(server), notices: new KubeEvents(server, node) };
    }
  }
}

function parseSource(text: string): SourceFlag {
  if (text === 'kube') return { kind: 'kube' };
  const [kind, directory] = [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)];
  if (kind !== 'files' || directory === '')
    throw new InvalidArgumentError('it must be kube, or files:DIR, a folder of manifests with status.');
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new InvalidArgumentError(`${directory} is not a folder.`);
  return { kind, directory };
}

/** Where container runtimes listen unless they are told otherwise. */
const CRI_SOCKETS: readonly string[] = ['/run/containerd/containerd.sock', '/run/crio/crio.sock'];

function parseCri(text: string): readonly string[] {
  if (text === 'none') return [];
  const path = /^unix:\/\/(\/.+)$/.exec(text)?.[1];
  if (path === undefined) throw new InvalidArgumentError('it must be unix:///PATH, or none.');
  return [path];
}

function parseRows(text: string): number {
  const rows = Number(text);
  if (!Number.isInteger(rows) || rows < 1024 || rows > 4_194_304) throw new InvalidArgumentError('it must be from 1024 to 4194304.');
  return rows;
}

/** Timers of Node end at 2^31 milliseconds. */
const LONGEST_INTERVAL_S = 2_000_000;

function parseInterval(text: string): number {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds > LONGEST_INTERVAL_S) throw new InvalidArgumentError('it must be a number of seconds.');
  return seconds;
}

function parseListen(text: string): ListenAddress {
  const address = parseListenAddress(text);
  if (address === undefined) throw new InvalidArgumentError('it must be ADDRESS:PORT, e.g. 0.0.0.0:9470 or [::]:9470.');
  return address;
}

function requireRoot(): void {
  if (process.geteuid?.() !== 0)
    throw new PosternError('E_ROOT', 'this loads programs into the kernel and needs root', { mend: 'run it with sudo' });
}
