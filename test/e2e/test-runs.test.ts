/** The kernel asked by test run: it says what becomes of real connections, and keeps and tells nothing of what was only asked. */

import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as native from '../../native/index.js';
import type { ExplainReport, LiveReport } from '../../src/audit/explain/explain-report.ts';
import { addressBytes, parseAddress } from '../../src/model/ip.ts';
import type { TestAnswers, TestPacket } from '../../src/model/test-run.ts';
import { needsKernel } from '../support/requires.ts';
import { setUpDrift, type DriftStage } from './support/drift-stage.ts';
import { openMap } from './support/drift.ts';
import { waitFor } from './support/eventually.ts';
import { endpointSliceObjects, serviceObject } from './support/proxy-service.ts';
import { OTHER_PORT, TALK_PORT, TCP_PORT, UDP_PORT, type World, type WorldPod } from './support/world.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const STRANGER = { v4: '198.51.100.9', v6: '2001:db8::9' };

describe('a test run', needsKernel, () => {
  let world: World;
  let web: WorldPod;
  let friend: WorldPod;
  let foe: WorldPod;
  let start: DriftStage['start'];

  beforeEach(async () => {
    ({ world, web, friend, foe, start } = await setUpDrift());
  });
  afterEach(() => {
    world[Symbol.dispose]();
  });

  function ask(packets: readonly TestPacket[]): TestAnswers {
    const { stdout, stderr } = run(['agent', 'test-run', '--socket', world.place.socket], JSON.stringify({ packets }));
    expect(stderr).toBe('');
    return JSON.parse(stdout) as TestAnswers;
  }

  function explainLive(
    source: string,
    destination: string,
  ): { readonly code: number | null; readonly err: string; readonly live: LiveReport[] } {
    const args = ['audit', 'explain', source, destination, world.manifests.path, '--live', '--socket', world.place.socket, '-o', 'json'];
    const { status, stdout, stderr } = run(args);
    const { pairs } = JSON.parse(stdout) as ExplainReport;
    return { code: status, err: stderr, live: pairs.flatMap(({ sides }) => sides).flatMap(({ live }) => live ?? []) };
  }

  function flows(): number {
    const map = openMap(world, 'conntrack');
    const { count } = native.mapDump(map);
    native.close(map);
    return count;
  }

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

  it.each(['tcx', 'tc'])('says what becomes of real connections in both directions and families, attached by %s', async (mode) => {
    await start('--attach', mode);
    const { answers, enforcing } = ask([
      ...[friend.v4, friend.v6, foe.v4, foe.v6].flatMap((peer) => [intoWeb(peer), outOfWeb(peer), intoWeb(peer, UDP_PORT, 'UDP')]),
      ...[STRANGER.v4, STRANGER.v6].flatMap((peer) => [intoWeb(peer), intoWeb(peer, OTHER_PORT), intoWeb(peer, TCP_PORT, 'SCTP')]),
    ]);
    expect(enforcing).toBe(true);
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
  });

  it('leaves no flow, tells nobody, and is counted', async () => {
    const agent = await start();
    const events = await agent.follow();
    ask([
      outOfWeb(friend.v4),
      outOfWeb(friend.v4, UDP_PORT, 'UDP'),
      intoWeb(friend.v6, UDP_PORT, 'UDP'),
      intoWeb(foe.v4),
      outOfWeb(foe.v4),
    ]);
    expect(flows()).toBe(0);
    await foe.traffic.connects(web.v4, OTHER_PORT);
    await waitFor(() => events.length > 0);
    expect(new Set(events.map(({ port }) => port))).toEqual(new Set([OTHER_PORT]));
    expect(agent.log).not.toContain(`dropped shop/web → shop/foe`);
    const { packets } = (await agent.status()).endpoints.find(({ pod }) => pod === 'shop/web')!;
    expect(packets.egress).toEqual({ ALLOWED: 2, POLICY: 1 });
  });

  it('disturbs no flow that is there', async () => {
    await start();
    await friend.traffic.start('talk', 'talk', web.v4, TALK_PORT, 50);
    await waitFor(async () => (await web.traffic.ask({ op: 'heard' }))[friend.v4] !== undefined);
    const recorded = flows();
    ask(Array.from({ length: 500 }, () => intoWeb(friend.v4, TALK_PORT)));
    expect([recorded > 0, flows()]).toEqual([true, recorded]);
    const talk = await friend.traffic.stop('talk');
    expect([talk.answered, talk.closed]).toEqual([talk.sent, false]);
  });

  it('towards a Service says who judges it: the program behind kube-proxy, or all of its endpoints', async () => {
    const port = { protocol: 'TCP', port: 8080, targetPort: TCP_PORT } as const;
    const service = (name: string, clusterIP: string, address: string): object[] => {
      const facts = { name, clusterIPs: [clusterIP], ports: [port], backends: [{ address, node: world.nodeName }] };
      return [serviceObject(facts), ...endpointSliceObjects(facts)];
    };
    const [good, bad] = ['192.0.2.40', '192.0.2.41'];
    world.manifests.put('services.json', {
      apiVersion: 'v1',
      kind: 'List',
      items: [...service('good', good, friend.v4), ...service('bad', bad, foe.v4)],
    });
    const verdicts = (): readonly unknown[] => ask([outOfWeb(good, 8080), outOfWeb(bad, 8080)]).answers;
    const behind = await start();
    expect(verdicts()).toEqual([
      { verdict: 'later', reason: null },
      { verdict: 'later', reason: null },
    ]);
    await behind.kill();
    await start('--services', 'endpoints');
    expect(verdicts()).toEqual([
      { verdict: 'pass', reason: 'ALLOWED' },
      { verdict: 'drop', reason: 'FRONTEND' },
    ]);
    expect(flows()).toBe(0);
  });

  it('cannot be made for pods that are not here, nor of what is no packet', async () => {
    await start();
    expect(ask([{ ...intoWeb(foe.v4), pod: 'shop/elsewhere' }, intoWeb(web.v4)]).answers).toEqual([
      { notRun: 'not-here' },
      { notRun: 'no-address' },
    ]);
    const questions = [
      '',
      '{}',
      '{"packets": []}',
      '{"packets": [{"pod": "shop/web"}]}',
      JSON.stringify({ packets: [intoWeb('10.0.0.300')] }),
    ];
    for (const question of questions) {
      const { status, stderr } = run(['agent', 'test-run', '--socket', world.place.socket], question);
      expect([question, status, /what is asked about packets cannot be read/.test(stderr)]).toEqual([question, 1, true]);
    }
  });

  it('agrees with what is explained', async () => {
    await start();
    expect(explainLive('shop/friend', `shop/web:${TCP_PORT}`)).toMatchObject({
      code: 0,
      err: '',
      live: [
        { tried: 2, agreed: 2, disagreements: [], notAsked: [] },
        { tried: 2, agreed: 2, disagreements: [], notAsked: [] },
      ],
    });
    const every = explainLive('shop/foe', 'shop/web');
    expect(every).toMatchObject({ code: 0, err: '' });
    expect(every.live.every(({ tried, agreed }) => tried > 2 && tried === agreed)).toBe(true);
    expect(explainLive(STRANGER.v4, 'shop/web')).toMatchObject({ code: 0, live: [{ tried: 9, agreed: 9 }] });
  });

  it('shows a kernel that does not hold what was explained', async () => {
    await start();
    const ipcache = openMap(world, 'ipcache');
    const identity = new Uint8Array(8);
    native.mapGet(ipcache, addressBytes(parseAddress(friend.v4)), identity);
    native.mapPut(ipcache, addressBytes(parseAddress(foe.v4)), identity);
    native.close(ipcache);
    const { code, err, live } = explainLive('shop/foe', `shop/web:${TCP_PORT}`);
    expect(code).toBe(1);
    expect(err).toContain('[E_KERNEL_DISAGREES]');
    expect(live[1]).toMatchObject({
      tried: 2,
      agreed: 1,
      disagreements: [
        { node: world.nodeName, pod: 'shop/web', peer: foe.v4, port: '80/TCP', policies: 'deny', kernel: 'pass', reason: 'ALLOWED' },
      ],
    });
  });

  it('shows that enforcement is off, and of which pods nothing could be asked', async () => {
    await start();
    run(['enforcement', 'off', '--socket', world.place.socket]);
    const { code, live } = explainLive('shop/foe', `shop/web:${TCP_PORT}`);
    expect([code, live[1]?.disagreements[0]]).toEqual([1, expect.objectContaining({ kernel: 'pass', reason: null, enforcing: false })]);
    run(['enforcement', 'auto', '--socket', world.place.socket]);
    world.manifests.put('pod-far.json', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'shop', name: 'far', uid: 'far', labels: { app: 'far' } },
      spec: { nodeName: 'node-9', containers: [{ name: 'c' }] },
      status: { phase: 'Running', podIP: '10.98.9.9', podIPs: [{ ip: '10.98.9.9' }] },
    });
    expect(explainLive('shop/far', `shop/web:${TCP_PORT}`)).toMatchObject({
      code: 3,
      live: [
        { tried: 0, notAsked: [{ pod: 'shop/far', why: expect.any(String) as string }] },
        { tried: 1, agreed: 1 },
      ],
    });
  });
});

function run(args: readonly string[], input = ''): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', input, env: { ...process.env, NO_COLOR: '1' } });
}
