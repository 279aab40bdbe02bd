/** A compiler and its in-memory datapath, with an interface for every pod. */

import type { CompilerOptions, Now } from '../../src/compiler/compiler-options.ts';
import { Compiler } from '../../src/compiler/compiler.ts';
import { MemoryDatapath } from '../../src/datapath/memory.ts';
import type { Operation } from '../../src/model/plan.ts';
import type { ClusterEvent } from '../../src/model/source.ts';

export class Endpoints {
  readonly compiler: Compiler;
  readonly datapath = new MemoryDatapath();
  readonly ifindexOf = new Map<string, number>();
  readonly #uidOf = new Map<string, string>();
  #next = 1;
  #now = 0;

  constructor(options: CompilerOptions = {}) {
    this.compiler = new Compiler(options);
    this.compiler.cluster.startCounting();
  }

  get now(): Now {
    return { ms: this.#now, monotonic: BigInt(this.#now) * 1_000_000n };
  }

  /** Apply events and what follows from them; `between` hears after every single operation. */
  tell(events: readonly ClusterEvent[], between: (operation: Operation) => void = () => undefined): void {
    this.compiler.apply(events);
    this.#rebind();
    this.#now += 10;
    const plan = this.compiler.flush(this.now);
    this.datapath.storeGeneration(plan.generation);
    for (const operation of plan.steps.flat()) {
      this.datapath.apply([operation]);
      between(operation);
    }
  }

  wait(ms: number): void {
    this.#now += ms;
  }

  /** Let so much time pass that every removal is due. */
  sweep(): void {
    for (let round = 0; round < 3; round += 1) {
      this.#now += 2000;
      this.datapath.apply(this.compiler.sweep(this.now));
    }
  }

  #rebind(): void {
    const pods = this.compiler.localPods();
    for (const [key, uid] of this.#uidOf) {
      if (pods.get(key)?.uid === uid) continue;
      this.compiler.unbind(key);
      this.#uidOf.delete(key);
      this.ifindexOf.delete(key);
    }
    for (const [key, pod] of pods) {
      if (this.#uidOf.has(key)) continue;
      const ifindex = this.#next++;
      this.compiler.bind(key, { ifindex, netns: ifindex }, [], false);
      this.#uidOf.set(key, pod.uid);
      this.ifindexOf.set(key, ifindex);
    }
  }
}
