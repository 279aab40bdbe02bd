/** The agent, from top to bottom: hold the folder, load the programs, listen to the source, enforce until told to stop. */

import { dirname, join } from 'node:path';
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
import type { PacketEvent } from '../model/packet-event.ts';
import type { ObservedSource, SourceSink } from '../model/source.ts';
import { holdBpfRoot } from './bpf-root.ts';
import { ControlSocket } from './control-socket.ts';
import { DriftCheck } from './drift-check.ts';
import { nameEvent } from './drop-log.ts';
import { Interfaces } from './interfaces.ts';
import { forbidNewPrivileges } from './libc.ts';
import { Reconciler } from './reconciler.ts';
import { isHealthy, makeStatus } from './status.ts';

export interface AgentOptions {
  readonly node: string;
  readonly source: ObservedSource;
  readonly bpfRoot: string;
  readonly socket: string;
  readonly sourceCheck: boolean;
  readonly attachMode?: AttachMode;
  readonly services?: Services;
  readonly conntrackRows?: number;
  /** Between comparisons with the kernel; 0: only when asked. */
  readonly verifyIntervalMs: number;
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
  const root = holdBpfRoot(options.bpfRoot, join(dirname(options.socket), 'interfaces'));
  if (!root.lasting) log.warn({ bpfRoot: options.bpfRoot }, WITHOUT_PINS);
  const datapath = await KernelDatapath.open({
    bpfRoot: root.path,
    lasting: root.lasting,
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
    services: datapath.services,
  });
  const interfaces = new Interfaces(findPodInterfaces, (ifindex) => native.interfaceName(ifindex) !== undefined);
  const reconciler = new Reconciler({
    compiler,
    datapath,
    interfaces,
    listNodeAddresses,
    log,
    now: readClocks,
    isComplete: () => source.healthy,
  });
  const nodeAddresses = watchNodeAddresses(() => reconciler.nodeAddressesChanged());
  const drift = new DriftCheck({ compiler, datapath, interfaces, reconciler, log, intervalMs: options.verifyIntervalMs });
  const links = watchLinks(() => reconciler.interfacesChanged());

  const control = await ControlSocket.open(options.socket, {
    settle: () => settle(source, reconciler, interfaces, compiler),
    status: () => makeStatus({ node, compiler, datapath, interfaces, reconciler, drift, source }),
    verify: (repair) => drift.run(repair),
    traceFlows: (on) => datapath.traceFlows(on),
  });
  datapath.listen((events) => {
    const named = events.map((event) => nameEvent(event, podOf(event, interfaces), node, compiler, bootTime()));
    for (const event of named) {
      const { time, ...rest } = event;
      if (event.verdict !== 'allow') log.info({ event: 'drop', seen: time, ...rest }, sentence(event));
    }
    control.publish(named);
  });

  const sink: SourceSink = {
    events: (events) => reconciler.events(events),
    synced: () => reconciler.synced(),
    problem: (error) => log.error({ code: error.code, problem: formatError(error) }, 'bad input'),
  };
  try {
    await source.run(sink, signal);
  } finally {
    links.close();
    nodeAddresses.close();
    await drift.stop();
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

function podOf(event: PacketEvent, interfaces: Interfaces): string | undefined {
  return interfaces.podAt(event.ifindex);
}

function sentence({ direction, pod, peer, protocol, port, text, policies, verdict }: ReturnType<typeof nameEvent>): string {
  const [from, to] = direction === 'ingress' ? [peer, pod] : [pod, peer];
  const by = policies.length > 0 ? ` (${policies.join(', ')})` : '';
  return `${verdict === 'deny' ? 'dropped' : verdict} ${from} → ${to} ${protocol}${port === 0 ? '' : `/${port}`} at ${direction}: ${text}${by}`;
}

function readClocks(): { ms: number; monotonic: bigint } {
  return { ms: performance.now(), monotonic: process.hrtime.bigint() };
}

/** Milliseconds since the epoch at CLOCK_MONOTONIC 0, read anew each time: the wall clock may be set. */
function bootTime(): number {
  return Date.now() - Number(process.hrtime.bigint() / 1_000_000n);
}
