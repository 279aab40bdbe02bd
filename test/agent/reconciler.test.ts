/** The reconciler between a compiler and a datapath that may fail: nothing is lost, nothing is attached too early. */

import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Interfaces, type FoundInterface } from '../../src/agent/interfaces.ts';
import { Reconciler } from '../../src/agent/reconciler.ts';
import { Compiler } from '../../src/compiler/compiler.ts';
import { MemoryDatapath } from '../../src/datapath/memory.ts';
import { PosternError } from '../../src/model/error.ts';
import { parseAddress } from '../../src/model/ip.ts';
import type { ClusterObject } from '../../src/model/objects.ts';
import type { Operation } from '../../src/model/plan.ts';
import { namespace, node, pod, policy } from '../support/builders/objects.ts';

/** Refuses operations while it is told to, or where there is no room for a pair, and remembers the order of things. */
class FaultyDatapath extends MemoryDatapath {
  readonly log: string[] = [];
  refuse: Operation['op'] | undefined;
  room = Infinity;

  override apply(operations: readonly Operation[]): void {
    for (const operation of operations) {
      if (operation.op === this.refuse || (operation.op === 'put-pair' && this.pairs.size >= this.room))
        throw new PosternError('E_DATAPATH', `${operation.op} failed`);
      super.apply([operation]);
      this.log.push(operation.op);
    }
  }

  override attach(ifindex: number): void {
    this.log.push(`attach ${ifindex}`);
    super.attach(ifindex);
  }
}

const [WEB, FRIEND] = ['10.1.0.2', '10.1.0.3'];
const POLICY = policy('shop/web', {
  podSelector: { matchLabels: { app: 'web' } },
  ingress: [{ from: [{ podSelector: { matchLabels: { app: 'friend' } } }] }],
});
const web = (uid = 'one'): ClusterObject => pod('shop/web', { node: 'node-1', addresses: [WEB], labels: { app: 'web' }, uid });
const objects: readonly ClusterObject[] = [
  namespace('shop'),
  node('node-1', ['10.9.0.1']),
  web(),
  pod('shop/friend', { node: 'node-2', addresses: [FRIEND], labels: { app: 'friend' } }),
  POLICY,
];

describe('the reconciler', () => {
  let datapath: FaultyDatapath;
  let compiler: Compiler;
  let interfaces: Interfaces;
  let reconciler: Reconciler;
  /** Address → interface, as discovery would find them. */
  let present: Map<string, number>;
  let complete: boolean;
  /** Milliseconds. */
  let clock: number;

  beforeEach(() => {
    complete = true;
    datapath = new FaultyDatapath();
    compiler = new Compiler({ node: 'node-1' });
    present = new Map([[WEB, 12]]);
    const find = (wanted: ReadonlySet<bigint>): FoundInterface[] =>
      [...present].flatMap(([text, hostIfindex]) => {
        const address = parseAddress(text);
        return wanted.has(address) ? [{ address, netnsid: 1000 + hostIfindex, hostIfindex, gateways: [], contested: false }] : [];
      });
    interfaces = new Interfaces(find, (ifindex) => [...present.values()].includes(ifindex));
    clock = 0;
    const now = (): { ms: number; monotonic: bigint } => ({ ms: clock, monotonic: BigInt(clock) * 1_000_000n });
    reconciler = new Reconciler({
      compiler,
      datapath,
      interfaces,
      listNodeAddresses: () => [],
      log: pino({ level: 'silent' }),
      now,
      isComplete: () => complete,
    });
  });
  afterEach(() => reconciler.stop());

  const tell = (...told: readonly ClusterObject[]): void => reconciler.events(told.map((object) => ({ type: 'upsert', object })));
  const judge = (peer: string): string => datapath.judge(12, 'ingress', parseAddress(peer), 6, 80);

  it('touches nothing until the source is synced', () => {
    tell(...objects);
    reconciler.flush();
    expect(datapath.log).toEqual([]);
    reconciler.synced();
    reconciler.flush();
    expect(reconciler.settled).toBe(true);
  });

  it("attaches only when the endpoint's word and every row are there", () => {
    tell(...objects);
    reconciler.synced();
    reconciler.flush();
    expect(datapath.log.at(-1)).toBe('attach 12');
    expect(datapath.log.indexOf('set-endpoint')).toBeGreaterThan(datapath.log.indexOf('put-address'));
    expect([judge(FRIEND), judge('10.1.0.4')]).toEqual(['allow', 'deny']);
  });

  it('does not attach after a failure, says so, and goes on where it stopped', () => {
    datapath.refuse = 'put-pair';
    tell(...objects);
    reconciler.synced();
    reconciler.flush();
    expect(reconciler.settled).toBe(false);
    expect(reconciler.failure?.code).toBe('E_DATAPATH');
    expect(datapath.attached().size).toBe(0);
    datapath.refuse = undefined;
    reconciler.flush();
    expect(reconciler.settled).toBe(true);
    expect([judge(FRIEND), judge('10.1.0.4')]).toEqual(['allow', 'deny']);
  });

  it('keeps what is in force while a later change fails', () => {
    tell(...objects);
    reconciler.synced();
    reconciler.flush();
    datapath.refuse = 'put-config';
    reconciler.events([{ type: 'delete', kind: 'NetworkPolicy', key: 'shop/web' }]);
    tell(policy('shop/other', { podSelector: {}, ingress: [] }));
    reconciler.flush();
    expect(reconciler.failure?.code).toBe('E_DATAPATH');
    expect(judge(FRIEND)).toBe('allow');
    datapath.refuse = undefined;
    reconciler.flush();
    expect(judge(FRIEND)).toBe('deny');
  });

  it('makes room before it tries again what found none, and removes nothing that is in force', () => {
    const rules = (...apps: string[]): ClusterObject =>
      policy('shop/web', {
        podSelector: { matchLabels: { app: 'web' } },
        ingress: apps.map((app) => ({ from: [{ podSelector: { matchLabels: { app } } }] })),
      });
    const PEERS = ['a', 'b', 'c', 'd'].map((app, index) => [app, `10.1.1.${index + 1}`] as const);
    tell(...objects, ...PEERS.map(([app, address]) => pod(`shop/${app}`, { node: 'node-2', addresses: [address], labels: { app } })));
    reconciler.synced();
    tell(rules('a', 'b'));
    reconciler.flush();
    datapath.room = 4;
    clock += 900;
    tell(rules('b', 'c'));
    reconciler.flush();
    expect(reconciler.failure).toBeUndefined();
    clock += 100;
    tell(rules('c', 'd'));
    reconciler.flush();
    expect(reconciler.failure?.code).toBe('E_DATAPATH');
    expect(PEERS.map(([, address]) => judge(address))).toEqual(['deny', 'allow', 'allow', 'deny']);
    clock += 920;
    reconciler.flush();
    expect(reconciler.failure).toBeUndefined();
    expect(PEERS.map(([, address]) => judge(address))).toEqual(['deny', 'deny', 'allow', 'allow']);
    // What the failed plan put out of force is removed a second after the plan was applied, not after it was made.
    const before = datapath.pairs.size;
    clock += 990;
    reconciler.flush();
    expect(datapath.pairs.size).toBe(before);
    clock += 20;
    reconciler.flush();
    expect(datapath.pairs.size).toBe(2);
  });

  it('lets go of an interface that is gone, and of a pod made anew under the same name', () => {
    tell(...objects);
    reconciler.synced();
    reconciler.flush();
    present.set(WEB, 13);
    tell(web('two'));
    reconciler.flush();
    expect([...datapath.attached()]).toEqual([13]);
    expect(datapath.words.has(12)).toBe(false);
    present.clear();
    reconciler.interfacesChanged();
    reconciler.flush();
    expect([...datapath.attached()]).toEqual([]);
    expect(interfaces.missing).toEqual(['shop/web']);
  });

  it("takes programs off interfaces that an earlier agent left and that are no pod's any more", () => {
    datapath.attach(99);
    tell(...objects);
    reconciler.synced();
    reconciler.flush();
    expect([...datapath.attached()]).toEqual([12]);
  });

  it("leaves an earlier agent's programs in force until the source can be read as a whole", () => {
    datapath.attach(12);
    datapath.attach(99);
    datapath.log.length = 0;
    complete = false;
    present.set('10.1.0.9', 14);
    tell(...objects, pod('shop/new', { node: 'node-1', addresses: ['10.1.0.9'] }));
    reconciler.synced();
    reconciler.flush();
    expect(datapath.log.filter((entry) => entry.startsWith('attach'))).toEqual(['attach 14']);
    expect([...datapath.attached()].toSorted((a, b) => a - b)).toEqual([12, 14, 99]);
    expect([reconciler.settled, reconciler.failure?.code]).toEqual([false, 'E_INCOMPLETE']);
    complete = true;
    reconciler.flush();
    expect([...datapath.attached()].toSorted((a, b) => a - b)).toEqual([12, 14]);
    expect(datapath.log.at(-1)).toBe('attach 12');
    expect(reconciler.settled).toBe(true);
  });
});
