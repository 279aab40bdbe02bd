/** A reconciler over a compiler and a datapath in memory that can be told to refuse, with interfaces that appear by address. */

import { pino } from 'pino';
import { Interfaces } from '../../../src/agent/interfaces.ts';
import { Reconciler, type ReconcilerOptions } from '../../../src/agent/reconciler.ts';
import type { CompilerOptions } from '../../../src/compiler/compiler-options.ts';
import { Compiler } from '../../../src/compiler/compiler.ts';
import { MemoryDatapath } from '../../../src/datapath/memory.ts';
import { PosternError } from '../../../src/model/error.ts';
import { parseAddress } from '../../../src/model/ip.ts';
import type { ClusterObject } from '../../../src/model/objects.ts';
import type { Operation } from '../../../src/model/plan.ts';
import type { ClusterEvent } from '../../../src/model/source.ts';

class RefusingDatapath extends MemoryDatapath {
  refuse: Operation['op'] | undefined;
  readonly unattachable = new Set<number>();

  override apply(operations: readonly Operation[]): void {
    for (const operation of operations) {
      if (operation.op === this.refuse) throw new PosternError('E_DATAPATH', `${operation.op} failed`);
      super.apply([operation]);
    }
  }

  override attach(ifindex: number): void {
    if (this.unattachable.has(ifindex)) throw new PosternError('E_ATTACH', `interface ${ifindex} cannot be had`);
    super.attach(ifindex);
  }
}

export class ReconcilerStage implements Disposable {
  readonly datapath = new RefusingDatapath();
  readonly compiler: Compiler;
  readonly reconciler: Reconciler;
  readonly logged: Readonly<Record<string, unknown>>[] = [];
  /** Address → interface, as discovery would find them. */
  readonly present: Map<string, number>;
  complete = true;
  /** Milliseconds. */
  clock = 0;

  constructor(
    present: Readonly<Record<string, number>>,
    compilerOptions: CompilerOptions = {},
    reconcilerOptions: Partial<ReconcilerOptions> = {},
  ) {
    this.compiler = new Compiler({ node: 'node-1', ...compilerOptions });
    this.present = new Map(Object.entries(present));
    const interfaces = new Interfaces(
      (wanted) =>
        [...this.present].flatMap(([text, hostIfindex]) => {
          const address = parseAddress(text);
          return wanted.has(address) ? [{ address, netnsid: 1000 + hostIfindex, hostIfindex, gateways: [], contested: false }] : [];
        }),
      (ifindex) => [...this.present.values()].includes(ifindex),
    );
    const write = (line: string): unknown => this.logged.push(JSON.parse(line) as Record<string, unknown>);
    this.reconciler = new Reconciler({
      compiler: this.compiler,
      datapath: this.datapath,
      interfaces,
      listNodeAddresses: () => [],
      log: pino({ level: 'info', base: null, timestamp: false }, { write }),
      now: () => ({ ms: this.clock, monotonic: BigInt(this.clock) * 1_000_000n }),
      isComplete: () => this.complete,
      ...reconcilerOptions,
    });
  }

  /** What was logged as this, with its fields. */
  loggedAs(message: string): Readonly<Record<string, unknown>>[] {
    return this.logged.filter(({ msg }) => msg === message);
  }

  events(...events: readonly ClusterEvent[]): void {
    this.reconciler.events(events);
  }

  tell(...objects: readonly ClusterObject[]): void {
    this.events(...objects.map((object): ClusterEvent => ({ type: 'upsert', object })));
  }

  start(...objects: readonly ClusterObject[]): void {
    this.tell(...objects);
    this.reconciler.synced();
    this.reconciler.flush();
  }

  judge(ifindex: number, peer: string): string {
    return this.datapath.judge(ifindex, 'ingress', parseAddress(peer), 6, 80);
  }

  [Symbol.dispose](): void {
    this.reconciler.stop();
  }
}
