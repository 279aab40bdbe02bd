/** Attaching in pieces: everybody's turn comes, whoever fails and however long each takes. */

import { describe, expect, it } from 'vitest';
import { AttachQueue } from '../../src/agent/attach-queue.ts';

const nobodyWaits = (): boolean => false;

/** As the kernel does for an interface that has had no programs: longer than a piece lasts. */
function takeLong(): void {
  const until = performance.now() + 25;
  while (performance.now() < until);
}

describe('a queue of interfaces to attach', () => {
  function queueOf(...interfaces: readonly number[]): AttachQueue {
    const queue = new AttachQueue();
    for (const ifindex of interfaces) queue.add(ifindex);
    return queue;
  }

  /** What each piece attached, and what the last said. */
  function workAll(queue: AttachQueue, attach: (ifindex: number) => void): { pieces: number[][]; failure: unknown } {
    const pieces: number[][] = [];
    for (;;) {
      const piece: number[] = [];
      const { more, failure } = queue.work((ifindex) => {
        attach(ifindex);
        piece.push(ifindex);
      }, nobodyWaits);
      pieces.push(piece);
      if (!more) return { pieces, failure };
    }
  }

  it('attaches all of them', () => {
    const queue = queueOf(1, 2, 3);
    const { pieces, failure } = workAll(queue, () => undefined);
    expect([pieces.flat(), failure]).toEqual([[1, 2, 3], undefined]);
    expect([1, 2, 3].some((ifindex) => queue.has(ifindex))).toBe(false);
  });

  it('lets others run in between where that takes long', () => {
    expect(workAll(queueOf(1, 2, 3), takeLong).pieces).toEqual([[1], [2], [3]]);
  });

  it('attaches the others where one fails, tells of it once all were tried, and keeps it', () => {
    const queue = queueOf(1, 2, 3);
    const { pieces, failure } = workAll(queue, (ifindex) => {
      takeLong();
      if (ifindex === 1) throw new Error('not this one');
    });
    expect([pieces, failure, queue.has(1)]).toEqual([[[], [2], [3]], expect.objectContaining({ message: 'not this one' }), true]);
    expect(workAll(queue, () => undefined)).toEqual({ pieces: [[1]], failure: undefined });
    expect(queue.has(1)).toBe(false);
  });

  it('leaves those alone that must wait', () => {
    const queue = queueOf(1, 2);
    expect(
      queue.work(
        () => undefined,
        (ifindex) => ifindex === 1,
      ),
    ).toEqual({ more: false, failure: undefined });
    expect([queue.has(1), queue.has(2)]).toEqual([true, false]);
  });

  it('says now and then what has been waiting', () => {
    const queue = queueOf(1);
    const second = 1_000_000_000n;
    expect([9n * second, 9n * second + 1n, 10n * second].map((now) => [...queue.outdated(now)])).toEqual([[1], [], [1]]);
  });
});
