/** Which pods get a take-over window, and from when on: by what an earlier agent made of their interfaces, and by when this one's programs come. */

import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Interfaces } from '../../src/agent/interfaces.ts';
import { Reconciler } from '../../src/agent/reconciler.ts';
import { Compiler } from '../../src/compiler/compiler.ts';
import { MemoryDatapath } from '../../src/datapath/memory.ts';
import type { EarlierEndpoint } from '../../src/datapath/port.ts';
import { parseAddress } from '../../src/model/ip.ts';
import { namespace, node, pod, policy } from '../support/builders/objects.ts';

const [WEB, OTHER] = ['10.1.0.2', '10.1.0.3'];
const [WEB_IFINDEX, OTHER_IFINDEX] = [12, 13];
const WINDOW = 120_000_000_000n;

/** Where an earlier agent was. */
class InheritedDatapath extends MemoryDatapath {
  readonly earlier = new Map<number, EarlierEndpoint>();
  readonly keptAt: number[] = [];

  override earlierAt(ifindex: number): EarlierEndpoint | undefined {
    return this.earlier.get(ifindex);
  }

  override keepFlows(): void {
    this.keptAt.push(this.attached().size);
  }
}

describe('the take-over window', () => {
  let datapath: InheritedDatapath;
  let reconciler: Reconciler;
  let nanoseconds: bigint;
  let complete: boolean;

  beforeEach(() => {
    datapath = new InheritedDatapath();
    nanoseconds = 1_000_000_000n;
    complete = true;
    const compiler = new Compiler({ node: 'node-1', takeOverMs: 120_000 });
    const present = new Map([WEB, OTHER].map((text, index) => [parseAddress(text), WEB_IFINDEX + index]));
    const interfaces = new Interfaces(
      (wanted) =>
        [...present]
          .filter(([address]) => wanted.has(address))
          .map(([address, hostIfindex]) => ({ address, netnsid: hostIfindex, hostIfindex, gateways: [], contested: false })),
      () => true,
    );
    reconciler = new Reconciler({
      compiler,
      datapath,
      interfaces,
      listNodeAddresses: () => [],
      log: pino({ level: 'silent' }),
      now: () => ({ ms: Number(nanoseconds / 1_000_000n), monotonic: nanoseconds }),
      isComplete: () => complete,
    });
    const objects = [
      namespace('shop'),
      node('node-1', ['10.9.0.1']),
      pod('shop/web', { node: 'node-1', addresses: [WEB], labels: { app: 'web' } }),
      pod('shop/other', { node: 'node-1', addresses: [OTHER], labels: { app: 'other' } }),
      policy('shop/all', { podSelector: {}, ingress: [] }),
    ];
    reconciler.events(objects.map((object) => ({ type: 'upsert', object })));
  });
  afterEach(() => reconciler.stop());

  function start(): void {
    reconciler.synced();
    reconciler.flush();
  }

  function windowOf(ifindex: number): bigint | undefined {
    const config = datapath.configOf(ifindex);
    return typeof config === 'object' ? config.takeOverUntil : undefined;
  }

  it('is given at the first start, from then on', () => {
    start();
    expect([WEB_IFINDEX, OTHER_IFINDEX].map(windowOf)).toEqual([nanoseconds + WINDOW, nanoseconds + WINDOW]);
    expect(datapath.keptAt).toEqual([2]);
  });

  it('is given where an earlier agent let a pod run open, and goes on where that one had given it', () => {
    datapath.earlier.set(WEB_IFINDEX, { ranOpen: true, takeOverUntil: 0n });
    datapath.earlier.set(OTHER_IFINDEX, { ranOpen: false, takeOverUntil: 5_000_000_000n });
    start();
    expect([WEB_IFINDEX, OTHER_IFINDEX].map(windowOf)).toEqual([nanoseconds + WINDOW, 5_000_000_000n]);
  });

  it('is not given where an earlier agent has recorded', () => {
    datapath.earlier.set(WEB_IFINDEX, { ranOpen: false, takeOverUntil: 0n });
    start();
    expect([WEB_IFINDEX, OTHER_IFINDEX].map(windowOf)).toEqual([0n, nanoseconds + WINDOW]);
  });

  it('begins when programs come, where an earlier agent keeps the interface meanwhile', () => {
    datapath.earlier.set(WEB_IFINDEX, { ranOpen: true, takeOverUntil: 0n });
    datapath.attach(WEB_IFINDEX);
    complete = false;
    start();
    expect(datapath.keptAt).toEqual([]);
    complete = true;
    nanoseconds += 300n * 1_000_000_000n;
    reconciler.flush();
    expect(reconciler.settled).toBe(true);
    expect(windowOf(WEB_IFINDEX)).toBe(nanoseconds + WINDOW);
    // The other's has begun with its programs, and is not begun again.
    expect(windowOf(OTHER_IFINDEX)).toBe(1_000_000_000n + WINDOW);
  });
});
