/** The agent, from top to bottom: hold the folder, load the programs, listen to the source, enforce until told to stop. */

import type { Logger } from 'pino';
import * as native from '../../native/index.js';
import { Compiler } from '../compiler/compiler.ts';
import type { AttachMode } from '../datapath/attachments.ts';
import { KernelDatapath } from '../datapath/kernel.ts';
import type { Services } from '../datapath/load-programs.ts';
import { listNodeAddresses, watchNodeAddresses } from '../discovery/node-addresses.ts';
import { findPodInterfaces } from '../discovery/pod-interfaces.ts';
import { watchLinks } from '../discovery/watch-links.ts';
import { formatError, PosternError } from '../model/error.ts';
import type { NoticeBoard } from '../model/notice.ts';
import type { ObservedSource, SourceSink } from '../model/source.ts';
import { CniInstallation } from '../cni/installation.ts';
import { ownProgram } from '../cni/plugin-program.ts';
import { ApiLoss } from './api-loss.ts';
import { holdBpfRoot, spareFolder } from './bpf-root.ts';
import { AnnouncedSandboxes } from './cni/announced-sandboxes.ts';
import { PodGate } from './cni/pod-gate.ts';
import { ControlSocket } from './control-socket.ts';
import { DriftCheck } from './drift-check.ts';
import { FlowCount } from './flow-count.ts';
import { followSandboxes } from './follow-sandboxes.ts';
import { giveBackMemory } from './give-back-memory.ts';
import { isHealthy } from './health.ts';
import { Interfaces } from './interfaces.ts';
import { forbidNewPrivileges } from './libc.ts';
import { PacketNews } from './packet-news.ts';
import { Reconciler } from './reconciler.ts';
import { setEnforcement } from './set-enforcement.ts';
import { makeStatus } from './status.ts';
import { SuppressedEvents } from './suppressed-events.ts';
import type { ListenAddress } from './telemetry/listen-address.ts';
import { Telemetry } from './telemetry/telemetry.ts';
import { TestRuns } from './test-runs.ts';

export interface AgentOptions {
  readonly node: string;
  readonly source: ObservedSource;
  /** Where people are told of what is not enforced as they wrote it. */
  readonly notices?: NoticeBoard | undefined;
  readonly bpfRoot: string;
  readonly socket: string;
  /** Paths at which a container runtime may be asked for this node's pods; none: it is not. */
  readonly criSockets: readonly string[];
  /** The host's folders of CNI, where the plugin is to be kept installed; nowhere without them. */
  readonly cni?: { readonly confDir: string; readonly binDir: string } | undefined;
  readonly sourceCheck: boolean;
  readonly excludedNamespaces: readonly string[];
  readonly attachMode?: AttachMode;
  readonly services?: Services;
  readonly conntrackRows?: number;
  /** Between comparisons with the kernel; 0: only when asked. */
  readonly verifyIntervalMs: number;
  /** Where metrics and health are served; nowhere without it. */
  readonly listen?: ListenAddress;
  readonly log: Logger;
}

/** How long `settle` waits for a flush that keeps failing. */
const SETTLE_TIMEOUT_MS = 20_000;

const WITHOUT_PINS =
  'no bpf file system there that outlives this container: programs are attached by tc, Services judged by their endpoints, and a restarted agent finds no recorded flows; mend: mount -t bpf bpf /sys/fs/bpf on the node';

/** Runs until `signal` aborts. What is enforced stays in force after it returns, or dies. */
export async function runAgent(options: AgentOptions, signal: AbortSignal): Promise<void> {
  const { node, source, log } = options;
  forbidNewPrivileges();
  const root = holdBpfRoot(options.bpfRoot, spareFolder(options.socket));
  if (!root.lasting) log.warn({ bpfRoot: options.bpfRoot }, WITHOUT_PINS);
  const datapath = await KernelDatapath.open({
    bpfRoot: root.path,
    lasting: root.lasting,
    ...(root.lasting ? { formerRoot: spareFolder(options.socket) } : {}),
    ...(options.attachMode === undefined ? {} : { attachMode: options.attachMode }),
    ...(options.services === undefined ? {} : { services: options.services }),
    ...(options.conntrackRows === undefined ? {} : { conntrackRows: options.conntrackRows }),
  });
  log.info({ node, ...datapath.describe(), tookOverFlows: datapath.tookOverFlows }, 'programs loaded');

  // Flows that an earlier agent recorded were judged by what it knew: they are judged again.
  const compiler = new Compiler({
    node,
    generation: datapath.generation + 1,
    sourceCheck: options.sourceCheck,
    excludedNamespaces: options.excludedNamespaces,
    services: datapath.services,
  });
  const interfaces = new Interfaces(findPodInterfaces, (ifindex) => native.interfaceName(ifindex) !== undefined);
  const telemetry = options.listen === undefined ? undefined : await Telemetry.load();
  const reconciler = new Reconciler({
    compiler,
    datapath,
    interfaces,
    listNodeAddresses,
    log,
    now: readClocks,
    isComplete: () => source.healthy,
    notices: options.notices,
    ...(telemetry === undefined ? {} : { watch: telemetry.watch }),
  });
  const nodeAddresses = watchNodeAddresses(() => reconciler.nodeAddressesChanged());
  const drift = new DriftCheck({ compiler, datapath, interfaces, reconciler, log, intervalMs: options.verifyIntervalMs });
  const announced = new AnnouncedSandboxes(reconciler, (sandbox) => compiler.cluster.podOf(sandbox) !== undefined);
  const sandboxes = await followSandboxes({ node, sockets: options.criSockets, compiler, listener: announced, log });
  const links = watchLinks((change) => {
    reconciler.interfacesChanged();
    sandboxes.linkChanged(change);
  });

  const stopGivingBack = giveBackMemory();
  const flows = new FlowCount(datapath);
  const { interfaceName } = native;
  const apiLoss = new ApiLoss(source, log);
  const gate = new PodGate({ compiler, reconciler, interfaces, announced, isApiAway: () => apiLoss.lostMs !== undefined, log });
  const isReady = (): boolean => reconciler.enforcing;
  const cni = options.cni && new CniInstallation({ ...options.cni, socket: options.socket, program: ownProgram(), isReady, log });
  const parts = { node, compiler, datapath, interfaces, reconciler, drift, source, flows, sandboxes, interfaceName, gate, cni };
  const testRuns = new TestRuns(parts);
  const control = await ControlSocket.open(options.socket, {
    settle: () => settle(source, reconciler, interfaces, compiler),
    status: () => makeStatus(parts),
    verify: (repair) => drift.run(repair),
    enforce: (word) => setEnforcement({ node, compiler, reconciler }, word),
    traceFlows: (on) => datapath.traceFlows(on),
    suppressed: new SuppressedEvents(parts),
    testRun: (body) => testRuns.answer(body),
    cni: (body) => gate.answer(body),
  });
  const news = new PacketNews({ ...parts, testRuns, log });
  news.listen((events) => control.publish(events));
  const health = options.listen === undefined ? undefined : telemetry?.serve(options.listen, { ...parts, news, apiLoss }, log);

  const sink: SourceSink = {
    events: (events) => {
      reconciler.events(events);
      sandboxes.heard(events);
    },
    synced: () => reconciler.synced(),
    problem: (error) => log.error({ code: error.code, problem: formatError(error) }, nameProblem(error)),
  };
  void options.notices?.run(
    (error) => log.warn({ code: error.code, problem: formatError(error) }, 'people cannot be told by Events'),
    signal,
  );
  try {
    await source.run(sink, signal);
  } finally {
    links.close();
    sandboxes.close();
    announced.close();
    cni?.close();
    nodeAddresses.close();
    stopGivingBack();
    apiLoss.stop();
    health?.close();
    await Promise.all([drift.stop(), flows.stop()]);
    reconciler.stop();
    control.close();
    datapath.close();
    root.release();
    log.info('stopped; what was enforced stays in force');
  }
}

async function settle(source: ObservedSource, reconciler: Reconciler, interfaces: Interfaces, compiler: Compiler): Promise<unknown> {
  await source.rescan();
  const deadline = performance.now() + SETTLE_TIMEOUT_MS;
  reconciler.interfacesChanged();
  reconciler.flush();
  while (!reconciler.settled) {
    if (performance.now() > deadline || reconciler.failure?.code === 'E_INCOMPLETE') {
      throw (
        reconciler.failure ??
        new PosternError('E_NOT_SETTLED', 'the source has not told everything yet', { mend: 'see the log of the agent' })
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return { settled: true, healthy: isHealthy({ compiler, reconciler, source }), missing: interfaces.missing };
}

function nameProblem({ code }: PosternError): string {
  return code.startsWith('E_KUBE_') ? 'the API server does not tell everything' : 'bad input';
}

function readClocks(): { ms: number; monotonic: bigint } {
  return { ms: performance.now(), monotonic: process.hrtime.bigint() };
}
