/** What should be in a datapath, as a list of the operations that put it. */

import type { DesiredState } from '../../../src/datapath/port.ts';
import type { PutOperation } from '../../../src/model/plan.ts';

export class DesiredList implements DesiredState {
  puts: readonly PutOperation[];
  generation: number;
  /** Interface → role; others are nobody's. */
  readonly roles = new Map<number, 'guarded' | 'left'>();
  settles = true;
  /** Called when a piece is read, with how many were read before. */
  onRead: (count: number) => void = () => undefined;
  readonly replaced: number[] = [];
  readonly reopened: number[] = [];
  judgedAgain = 0;
  #reads = 0;

  constructor(puts: readonly PutOperation[], generation: number) {
    this.puts = [...puts];
    this.generation = generation;
  }

  *operations(kind: PutOperation['op']): Generator<PutOperation | undefined> {
    for (const operation of this.puts) {
      if (operation.op !== kind) {
        yield undefined;
        continue;
      }
      this.onRead(this.#reads);
      this.#reads += 1;
      yield operation;
    }
  }

  settle(): boolean {
    return this.settles;
  }

  guarded(): number[] {
    return [...this.roles].filter(([, role]) => role === 'guarded').map(([ifindex]) => ifindex);
  }

  roleOf(ifindex: number): 'guarded' | 'left' | 'none' {
    return this.roles.get(ifindex) ?? 'none';
  }

  replaceConfigs(ids: ReadonlySet<number>): void {
    this.replaced.push(...ids);
  }

  judgeAgain(): void {
    this.judgedAgain += 1;
  }

  ranOpen(interfaces: ReadonlySet<number>): void {
    this.reopened.push(...interfaces);
  }
}
