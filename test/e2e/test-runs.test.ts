/** The kernel asked by test run: it says what becomes of real connections, and keeps and tells nothing of what was only asked. */

import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as native from '../../native/index.js';
import type { ExplainReport, LiveReport } from '../../src/audit/explain/explain-report.ts';
import { addressBytes, parseAddress } from '../../src/model/ip.ts';
import type { TestAnswer, TestAnswers, TestPacket } from '../../src/model/test-run.ts';
import { needsKernel } from '../support/requires.ts';
import type { AgentProcess } from './support/agent-process.ts';
import { setUpDrift, type DriftStage } from './support/drift-stage.ts';
import { openMap, verify } from './support/drift.ts';
import { waitFor } from './support/eventually.ts';
import { podObject } from './support/manifests.ts';
import { endpointSliceObjects, serviceObject } from './support/proxy-service.ts';
import { OTHER_PORT, TALK_PORT, TCP_PORT, UDP_PORT, type World } from './support/world.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const STRANGER = { v4: '198.51.100.9', v6: '2001:db8::9' };

/** Packets into and out of the isolated pod. */
const intoWeb = (peer: string, port = TCP_PORT, protocol: TestPacket['protocol'] = 'TCP'): TestPacket => ({
  pod: 'shop/web',
  direction: 'ingress',
  peer,
  protocol,
  port,
});
const outOfWeb = (peer: string, port = TCP_PORT, protocol: TestPacket['protocol'] = 'TCP'): TestPacket => ({
  ...intoWeb(peer, port, protocol),
  direction: 'egress',
});

describe('a test run', needsKernel, () => {
  let stage: DriftStage;
  let agent: AgentProcess;

  beforeAll(async () => {
    stage = await setUpDrift();
    agent = await stage.start();
  });
  afterAll(() => stage?.world[Symbol.dispose]());

  it('leaves no flow, tells nobody, and is counted', async () => {
    const { world, web, friend, foe } = stage;
    const counted = async (): Promise<number[]> => {
      const { packets } = (await agent.status()).endpoints.find(({ pod }) => pod === 'shop/web')!;
      return [packets.egress['ALLOWED'] ?? 0, packets.egress['POLICY'] ?? 0];
    };
    const events = await agent.follow();
    const [flows, [allowed = 0, denied = 0]] = [countFlows(world), await counted()];
    ask(world, [
      outOfWeb(friend.v4),
      outOfWeb(friend.v4, UDP_PORT, 'UDP'),
      intoWeb(friend.v6, UDP_PORT, 'UDP'),
      intoWeb(foe.v4),
      outOfWeb(foe.v4),
    ]);
    expect(countFlows(world)).toBe(flows);
    await foe.traffic.connects(web.v4, OTHER_PORT);
    await waitFor(() => events.length > 0);
    expect(new Set(events.map(({ port }) => port))).toEqual(new Set([OTHER_PORT]));
    expect(await counted()).toEqual([allowed + 2, denied + 1]);
  });

  it('says what becomes of real connections, in both directions and families', () => saysWhatBecomes(stage));

  it('disturbs no flow that is there', async () => {
    const { world, web, friend } = stage;
    await friend.traffic.start('talk', 'talk', web.v4, TALK_PORT, 50);
    await waitFor(async () => (await web.traffic.ask({ op: 'heard' }))[friend.v4] !== undefined);
    const recorded = countFlows(world);
    ask(
      world,
      Array.from({ length: 500 }, () => intoWeb(friend.v4, TALK_PORT)),
    );
    expect(countFlows(world)).toBe(recorded);
    const talk = await friend.traffic.stop('talk');
    expect([talk.answered, talk.closed]).toEqual([talk.sent, false]);
  });

  it('cannot be made for pods that are not here, nor of what is no packet', () => {
    const { world, web, foe } = stage;
    expect(ask(world, [{ ...intoWeb(foe.v4), pod: 'shop/elsewhere' }, intoWeb(web.v4)])).toEqual([
      { notRun: 'not-here' },
      { notRun: 'no-address' },
    ]);
    const { status, stderr } = run(['agent', 'test-run', '--socket', world.place.socket], '{"packets": [{"pod": "shop/web"}]}');
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining('what is asked about packets cannot be read: packets[0].peer is missing'),
    ]);
  });

  it('agrees with what is explained', () => {
    const { world } = stage;
    expect(explainLive(world, 'shop/friend', `shop/web:${TCP_PORT}`)).toMatchObject({
      code: 0,
      err: '',
      live: [
        { tried: 2, agreed: 2, disagreements: [], notAsked: [] },
        { tried: 2, agreed: 2, disagreements: [], notAsked: [] },
      ],
    });
    const every = explainLive(world, 'shop/foe', 'shop/web');
    expect(every).toMatchObject({ code: 0, err: '' });
    expect(every.live.every(({ tried, agreed }) => tried > 2 && tried === agreed)).toBe(true);
    expect(explainLive(world, STRANGER.v4, 'shop/web')).toMatchObject({ code: 0, live: [{ tried: 9, agreed: 9 }] });
  });

  it('shows a kernel that does not hold what was explained', () => {
    const { world, friend, foe } = stage;
    const ipcache = openMap(world, 'ipcache');
    const identity = new Uint8Array(8);
    native.mapGet(ipcache, addressBytes(parseAddress(friend.v4)), identity);
    native.mapPut(ipcache, addressBytes(parseAddress(foe.v4)), identity);
    native.close(ipcache);
    const { code, err, live } = explainLive(world, 'shop/foe', `shop/web:${TCP_PORT}`);
    expect(code).toBe(1);
    expect(err).toContain('[E_KERNEL_DISAGREES]');
    const told = { node: world.nodeName, pod: 'shop/web', peer: foe.v4, port: '80/TCP' };
    expect(live[1]).toMatchObject({
      tried: 2,
      agreed: 1,
      disagreements: [{ ...told, policies: 'deny', kernel: 'pass', reason: 'ALLOWED' }],
    });
    verify(world);
    expect(explainLive(world, 'shop/foe', `shop/web:${TCP_PORT}`).code).toBe(0);
  });

  it('shows that enforcement is off, and of which pods nothing could be asked', () => {
    const { world } = stage;
    run(['enforcement', 'off', '--socket', world.place.socket]);
    const { code, live } = explainLive(world, 'shop/foe', `shop/web:${TCP_PORT}`);
    expect([code, live[1]?.disagreements[0]]).toEqual([1, expect.objectContaining({ kernel: 'pass', reason: null, enforcing: false })]);
    run(['enforcement', 'auto', '--socket', world.place.socket]);
    world.manifests.put('pod-far.json', podObject({ name: 'far', node: 'node-9', addresses: ['10.98.9.9'] }));
    expect(explainLive(world, 'shop/far', `shop/web:${TCP_PORT}`)).toMatchObject({
      code: 3,
      live: [
        { tried: 0, notAsked: [{ pod: 'shop/far', why: expect.any(String) as string }] },
        { tried: 1, agreed: 1 },
      ],
    });
  });
});

describe('a test run of another agent', needsKernel, () => {
  it('says the same where programs are attached by cls_bpf', () =>
    withStage(async (stage) => {
      await stage.start('--attach', 'tc');
      await saysWhatBecomes(stage);
    }));

  it('towards a Service says who judges it: the program behind kube-proxy, or all of its endpoints', () =>
    withStage(async ({ world, friend, foe, start }) => {
      const port = { protocol: 'TCP', port: 8080, targetPort: TCP_PORT } as const;
      const service = (name: string, clusterIP: string, address: string): object[] => {
        const facts = { name, clusterIPs: [clusterIP], ports: [port], backends: [{ address, node: world.nodeName }] };
        return [serviceObject(facts), ...endpointSliceObjects(facts)];
      };
      const [good, bad] = ['192.0.2.40', '192.0.2.41'];
      const items = [...service('good', good, friend.v4), ...service('bad', bad, foe.v4)];
      world.manifests.put('services.json', { apiVersion: 'v1', kind: 'List', items });
      const packets = [outOfWeb(good, 8080), outOfWeb(bad, 8080)];
      const behind = await start();
      expect(ask(world, packets)).toEqual(packets.map(() => ({ verdict: 'later', reason: null })));
      await behind.kill();
      await start('--services', 'endpoints');
      expect(ask(world, packets)).toEqual([
        { verdict: 'pass', reason: 'ALLOWED' },
        { verdict: 'drop', reason: 'FRONTEND' },
      ]);
      expect(countFlows(world)).toBe(0);
    }));
});

async function saysWhatBecomes({ world, web, friend, foe }: DriftStage): Promise<void> {
  const answers = ask(world, [
    ...[friend.v4, friend.v6, foe.v4, foe.v6].flatMap((peer) => [intoWeb(peer), outOfWeb(peer), intoWeb(peer, UDP_PORT, 'UDP')]),
    ...[STRANGER.v4, STRANGER.v6].flatMap((peer) => [intoWeb(peer), intoWeb(peer, OTHER_PORT), intoWeb(peer, TCP_PORT, 'SCTP')]),
  ]);
  const of = (verdict: 'pass' | 'drop'): object => ({ verdict, reason: verdict === 'pass' ? 'ALLOWED' : 'POLICY' });
  const [allowed, denied] = [of('pass'), of('drop')];
  const strangers = [allowed, denied, denied, denied, denied, denied];
  expect(answers).toEqual([...Array<object>(6).fill(allowed), ...Array<object>(6).fill(denied), ...strangers]);
  expect(await friend.traffic.connects(web.v4, TCP_PORT)).toBe(true);
  expect(await foe.traffic.connects(web.v4, TCP_PORT)).toBe(false);
  expect(await web.traffic.connects(friend.v6, TCP_PORT)).toBe(true);
  expect(await web.traffic.connects(foe.v6, TCP_PORT)).toBe(false);
  expect(await friend.traffic.reachesByDatagram(web.v4, UDP_PORT)).toBe(true);
  expect(await foe.traffic.reachesByDatagram(web.v4, UDP_PORT)).toBe(false);
}

async function withStage(act: (stage: DriftStage) => Promise<void>): Promise<void> {
  const stage = await setUpDrift();
  try {
    await act(stage);
  } finally {
    stage.world[Symbol.dispose]();
  }
}

function ask(world: World, packets: readonly TestPacket[]): readonly TestAnswer[] {
  const { stdout, stderr } = run(['agent', 'test-run', '--socket', world.place.socket], JSON.stringify({ packets }));
  expect(stderr).toBe('');
  return (JSON.parse(stdout) as TestAnswers).answers;
}

interface LiveOutcome {
  readonly code: number | null;
  readonly err: string;
  /** By side. */
  readonly live: readonly LiveReport[];
}

function explainLive(world: World, source: string, destination: string): LiveOutcome {
  const args = ['audit', 'explain', source, destination, world.manifests.path, '--live', '--socket', world.place.socket, '-o', 'json'];
  const { status, stdout, stderr } = run(args);
  const { pairs } = JSON.parse(stdout) as ExplainReport;
  return { code: status, err: stderr, live: pairs.flatMap(({ sides }) => sides).flatMap(({ live }) => live ?? []) };
}

function countFlows(world: World): number {
  const map = openMap(world, 'conntrack');
  const { count } = native.mapDump(map);
  native.close(map);
  return count;
}

function run(args: readonly string[], input = ''): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', input, env: { ...process.env, NO_COLOR: '1' } });
}
