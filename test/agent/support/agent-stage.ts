/** The parts of an agent of node-1 over a datapath in memory, which fails, counts and holds what it is told to. */

import { pino } from 'pino';
import { DriftCheck } from '../../../src/agent/drift-check.ts';
import type { FlushWatch } from '../../../src/agent/flush-watch.ts';
import { Interfaces, type FoundInterface } from '../../../src/agent/interfaces.ts';
import { Reconciler } from '../../../src/agent/reconciler.ts';
import type { TelemetryParts } from '../../../src/agent/telemetry/parts.ts';
import { Compiler } from '../../../src/compiler/compiler.ts';
import { MemoryDatapath } from '../../../src/datapath/memory.ts';
import { PosternError } from '../../../src/model/error.ts';
import { parseAddress, type Address } from '../../../src/model/ip.ts';
import type { ClusterObject } from '../../../src/model/objects.ts';
import type { EndpointCounters } from '../../../src/model/packet-event.ts';
import type { Operation } from '../../../src/model/plan.ts';
import { REASON_SLOTS, reasonNumber, type ReasonName } from '../../../src/model/reasons.ts';
import type { SourcePart } from '../../../src/model/source.ts';

export class StagedDatapath extends MemoryDatapath {
  refuses = false;
  /** By slot. */
  readonly slots = new Map<number, EndpointCounters>();
  flowCounts = 0;

  override apply(operations: readonly Operation[]): void {
    if (this.refuses) throw new PosternError('E_DATAPATH', 'put-config failed');
    super.apply(operations);
  }

  override counters(slot = 0): EndpointCounters {
    return this.slots.get(slot) ?? count({});
  }

  override totals(): EndpointCounters {
    return count({ ingress: { POLICY: 7, ALLOWED: 2 }, lostEvents: 3 });
  }

  override readonly capacities = { pairs: 1000, ipcache: 2000, conntrack: 4096 };

  override countFlows(): Promise<number> {
    this.flowCounts += 1;
    return Promise.resolve(5);
  }

  override describe(): Readonly<Record<string, unknown>> {
    return { attach: 'tcx', services: 'after-nat', kernelConntrack: true, verifiedInstructions: { from_pod: 900 } };
  }
}

/** Counters of one endpoint; what is not named is 0. */
export function count(told: { readonly ingress?: Counts; readonly egress?: Counts; readonly lostEvents?: number }): EndpointCounters {
  return { packets: { ingress: countsOf(told.ingress), egress: countsOf(told.egress) }, lostEvents: told.lostEvents ?? 0 };
}

type Counts = Readonly<Partial<Record<ReasonName, number>>>;

function countsOf(told: Counts = {}): number[] {
  const counts = new Array<number>(REASON_SLOTS).fill(0);
  for (const [reason, packets] of Object.entries(told) as [ReasonName, number][]) counts[reasonNumber(reason)] = packets;
  return counts;
}

export class AgentStage implements AsyncDisposable {
  readonly datapath = new StagedDatapath();
  readonly compiler = new Compiler({ node: 'node-1' });
  /** Address → interface, as discovery would find them. */
  readonly present: ReadonlyMap<Address, number>;
  readonly source = {
    healthy: true,
    problems: [] as PosternError[],
    details: undefined as Readonly<Record<string, SourcePart>> | undefined,
  };
  readonly apiLoss = { lostMs: undefined as number | undefined, losses: 0 };
  readonly flows = { rows: undefined as number | undefined };
  readonly news = { received: 0 };
  readonly interfaces: Interfaces;
  readonly reconciler: Reconciler;
  readonly drift: DriftCheck;

  constructor(present: Readonly<Record<string, number>>, watch?: FlushWatch) {
    const { compiler, datapath } = this;
    this.present = new Map(Object.entries(present).map(([address, ifindex]) => [parseAddress(address), ifindex]));
    const log = pino({ level: 'silent' });
    const find = (wanted: ReadonlySet<Address>): FoundInterface[] =>
      [...this.present]
        .filter(([address]) => wanted.has(address))
        .map(([address, hostIfindex]) => ({ address, netnsid: hostIfindex, hostIfindex, gateways: [], contested: false }));
    this.interfaces = new Interfaces(find, () => true);
    this.reconciler = new Reconciler({
      compiler,
      datapath,
      interfaces: this.interfaces,
      listNodeAddresses: () => [],
      log,
      now: () => ({ ms: performance.now(), monotonic: process.hrtime.bigint() }),
      isComplete: () => this.source.healthy,
      ...(watch === undefined ? {} : { watch }),
    });
    this.drift = new DriftCheck({ compiler, datapath, interfaces: this.interfaces, reconciler: this.reconciler, log, intervalMs: 0 });
  }

  get parts(): TelemetryParts {
    const { compiler, datapath, interfaces, reconciler, drift, source, flows, news, apiLoss } = this;
    const interfaceName = (ifindex: number): string => `veth${ifindex}`;
    const parts = {
      node: 'node-1',
      compiler,
      datapath,
      interfaces,
      reconciler,
      drift,
      source,
      flows,
      news,
      apiLoss,
      interfaceName,
      sandboxes: { status: null },
    };
    return parts as TelemetryParts;
  }

  tell(...objects: readonly ClusterObject[]): void {
    this.reconciler.events(objects.map((object) => ({ type: 'upsert', object })));
  }

  /** All that was told is the whole picture. */
  sync(): void {
    this.reconciler.synced();
    this.reconciler.flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drift.stop();
    this.reconciler.stop();
  }
}
