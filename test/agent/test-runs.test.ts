/** Which packets are tried where, and which events are of packets that nobody has sent. */

import { describe, expect, it } from 'vitest';
import { TestRuns, type TestRunParts } from '../../src/agent/test-runs.ts';
import { Compiler } from '../../src/compiler/compiler.ts';
import { parseAddress } from '../../src/model/ip.ts';
import type { PacketEvent } from '../../src/model/packet-event.ts';
import type { FinishedRun, OpeningPacket } from '../../src/model/test-run.ts';
import { pod } from '../support/builders/objects.ts';

const [OWN4, OWN6, PEER4, PEER6] = ['10.1.0.2', 'fd00:1::2', '10.2.0.7', 'fd00:2::7'].map(parseAddress) as [bigint, bigint, bigint, bigint];
const CLIENT_PORT = 60_999;

function stage(options: { readonly addresses?: readonly string[]; readonly run?: FinishedRun | 'not ours' } = {}): {
  readonly runs: TestRuns;
  readonly tried: { ifindex: number; packet: OpeningPacket }[];
  readonly clock: { now: number };
} {
  const compiler = new Compiler({ node: 'node-1' });
  compiler.apply([
    { type: 'upsert', object: pod('shop/web', { node: 'node-1', addresses: options.addresses ?? ['10.1.0.2', 'fd00:1::2'] }) },
  ]);
  const tried: { ifindex: number; packet: OpeningPacket }[] = [];
  const run = options.run ?? { verdict: 'drop', reason: 'POLICY', clientPort: CLIENT_PORT };
  const bound = new Map([['shop/web', { uid: '', address: OWN4, binding: { ifindex: 7, netns: 1 }, gateways: [], contested: false }]]);
  const parts: TestRunParts = {
    node: 'node-1',
    compiler,
    datapath: {
      testRun: (ifindex, packet) => {
        tried.push({ ifindex, packet });
        return run === 'not ours' ? undefined : run;
      },
    },
    interfaces: { bound },
  };
  const clock = { now: 0 };
  return { runs: new TestRuns(parts, () => clock.now), tried, clock };
}

const question = (...packets: readonly object[]): Buffer => Buffer.from(JSON.stringify({ packets }));
const packet = { pod: 'shop/web', direction: 'ingress', peer: '10.2.0.7', protocol: 'TCP', port: 80 };
const event = (more: Partial<PacketEvent> = {}): PacketEvent =>
  ({
    ifindex: 7,
    direction: 'ingress',
    source: PEER4,
    destination: OWN4,
    sourcePort: CLIENT_PORT,
    destinationPort: 80,
    protocol: 6,
    ...more,
  }) as PacketEvent;

describe('packets that somebody asks about', () => {
  it("are tried at the pod's interface, from its address of the peer's family", async () => {
    const { runs, tried } = stage();
    const { node, enforcing, answers } = await runs.answer(question(packet, { ...packet, direction: 'egress', peer: 'fd00:2::7' }));
    expect([node, enforcing, answers]).toEqual(['node-1', true, [1, 2].map(() => ({ verdict: 'drop', reason: 'POLICY' }))]);
    expect(tried).toEqual([
      { ifindex: 7, packet: { direction: 'ingress', own: OWN4, peer: PEER4, protocol: 'TCP', port: 80 } },
      { ifindex: 7, packet: { direction: 'egress', own: OWN6, peer: PEER6, protocol: 'TCP', port: 80 } },
    ]);
  });

  it('are not tried where the pod, its address or our program is not', async () => {
    const { runs, tried } = stage({ addresses: ['10.1.0.2'] });
    const unknown = { ...packet, pod: 'shop/other' };
    const itself = { ...packet, peer: '10.1.0.2' };
    expect((await runs.answer(question(unknown, itself, { ...packet, peer: 'fd00:2::7' }))).answers).toEqual([
      { notRun: 'not-here' },
      { notRun: 'no-address' },
      { notRun: 'no-address' },
    ]);
    expect(tried).toEqual([]);
    expect((await stage({ run: 'not ours' }).runs.answer(question(packet))).answers).toEqual([{ notRun: 'not-ours' }]);
  });

  it('are known again in what the kernel tells, for some seconds', async () => {
    const { runs, clock } = stage();
    expect(runs.isOwn(event())).toBe(false);
    await runs.answer(question(packet));
    const others: Partial<PacketEvent>[] = [
      { ifindex: 8 },
      { source: PEER6 },
      { sourcePort: 40_000 },
      { destinationPort: 81 },
      { protocol: 17 },
      { direction: 'egress', source: OWN4, destination: PEER4 },
    ];
    expect([runs.isOwn(event()), ...others.map((other) => runs.isOwn(event(other)))]).toEqual([true, ...others.map(() => false)]);
    clock.now = 60_000;
    await runs.answer(question({ ...packet, port: 90 }));
    expect([runs.isOwn(event()), runs.isOwn(event({ destinationPort: 90 }))]).toEqual([false, true]);
  });

  it.each([
    ['nothing', ''],
    ['no object', '[]'],
    ['no packets', '{}'],
    ['an empty list', '{"packets":[]}'],
    ['too many', JSON.stringify({ packets: Array.from({ length: 10_001 }, () => packet) })],
    ['a packet without a pod', JSON.stringify({ packets: [{ ...packet, pod: undefined }] })],
    ['a port that is none', JSON.stringify({ packets: [{ ...packet, port: 0 }] })],
    ['a protocol without ports', JSON.stringify({ packets: [{ ...packet, protocol: 'ICMP' }] })],
    ['a direction that is none', JSON.stringify({ packets: [{ ...packet, direction: 'up' }] })],
    ['a peer that is no address', JSON.stringify({ packets: [{ ...packet, peer: 'shop/db' }] })],
  ])('are none in %s', async (_name, body) => {
    const { runs, tried } = stage();
    await expect(runs.answer(Buffer.from(body))).rejects.toMatchObject({ code: 'E_TEST_RUN' });
    expect(tried).toEqual([]);
  });
});
