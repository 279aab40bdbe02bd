/** What operators see of a real agent: metrics, health, status, and packets as they are dropped and allowed. */

import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import { waitFor } from './support/eventually.ts';
import { apps } from './support/manifests.ts';
import { LISTENING, MonitorProcess, readMetric, readPage, readStatus, runStatus } from './support/operator.ts';
import { TCP_PORT, UDP_PORT, World, type WorldPod } from './support/world.ts';

/** Ports of a flood: nobody serves there. */
const FLOOD = { count: 500, firstPort: 20_000 };

describe('an operator', needsKernel, () => {
  let world: World;
  let web: WorldPod;
  let friend: WorldPod;
  let foe: WorldPod;
  let monitors: MonitorProcess[];

  beforeEach(async () => {
    world = new World();
    monitors = [];
    [web, friend, foe] = await world.addPods('web', 'friend', 'foe');
    world.policy('web', { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ from: apps('friend') }] });
  });

  afterEach(() => {
    for (const monitor of monitors) monitor[Symbol.dispose]();
    world[Symbol.dispose]();
  });

  /** Listens already: what happened before is not told. */
  async function monitor(...options: readonly string[]): Promise<MonitorProcess> {
    const started = new MonitorProcess(world, options);
    monitors.push(started);
    await waitFor(() => started.words.some((line) => line.startsWith('watching')), 20_000);
    return started;
  }

  const deniedAtWeb = (): number => readStatus(world).endpoints.find(({ pod }) => pod === 'shop/web')?.packets.ingress['POLICY'] ?? 0;

  it('reads of drops, latencies, tables and readiness in the metrics', async () => {
    await world.settledAgent(...LISTENING);
    await foe.traffic.connects(web.v4, TCP_PORT);
    world.policy('more', { podSelector: { matchLabels: { app: 'friend' } }, ingress: [] });
    await waitFor(() => readStatus(world).policies.length === 2);
    await waitFor(() => readStatus(world).tables.find(({ name }) => name === 'conntrack')?.rows !== null, 10_000);
    const page = readPage(world, '/metrics');
    const read = (series: string): number | undefined => readMetric(page, series);
    expect(page.status).toBe(200);
    expect(read('postern_packets_total{direction="ingress",verdict="deny",reason="POLICY"}')).toBeGreaterThanOrEqual(1);
    expect([read('postern_endpoints{isolated="none"}'), read('postern_endpoints{isolated="ingress"}')]).toEqual([1, 2]);
    expect(read('postern_event_to_map_seconds_count{kind="NetworkPolicy"}')).toBe(1);
    expect(read('postern_event_to_map_seconds_sum{kind="NetworkPolicy"}')).toBeLessThan(1);
    expect(read('postern_map_rows{map="local_pods"}')).toBe(6);
    expect(read('postern_map_rows{map="conntrack"}')).toBeGreaterThanOrEqual(0);
    expect(read('postern_map_capacity_rows{map="conntrack"}')).toBe(131_072);
    expect([read('postern_ready'), read('postern_healthy'), read('postern_enforcement_on')]).toEqual([1, 1, 1]);
    expect(read('postern_events_received_total')).toBeGreaterThanOrEqual(1);
    // There is no API server, so nothing is said of one.
    expect(read('postern_kube_api_reachable')).toBeUndefined();
    expect(readPage(world, '/readyz')).toEqual({ status: 200, body: 'ready\n' });
    expect(readPage(world, '/livez')).toEqual({ status: 200, body: 'alive\n' });
  });

  it('finds sums of packets that do not fall when their pod goes', async () => {
    const agent = await world.settledAgent(...LISTENING);
    await foe.traffic.connects(web.v4, TCP_PORT);
    const denied = (): number =>
      readMetric(readPage(world, '/metrics'), 'postern_packets_total{direction="ingress",verdict="deny",reason="POLICY"}') ?? 0;
    const before = denied();
    expect(before).toBeGreaterThan(0);
    world.manifests.remove('pod-web.json');
    web.destroy();
    await world.addPod('web');
    await agent.settle();
    await waitFor(() => readStatus(world).endpoints.length === 3);
    expect(readStatus(world).endpoints.find(({ pod }) => pod === 'shop/web')?.packets.ingress['POLICY']).toBeUndefined();
    expect(denied()).toBeGreaterThanOrEqual(before);
  });

  it('is told by readiness, status and metrics that the API server was never there, and by liveness that this is no fault of the agent', async () => {
    const kubeconfig = join(dirname(world.place.socket), 'kubeconfig');
    const cluster = { name: 'none', cluster: { server: 'http://127.0.0.1:1' } };
    const context = { name: 'none', context: { cluster: 'none', user: 'none' } };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'none',
      clusters: [cluster],
      contexts: [context],
      users: [{ name: 'none', user: {} }],
    };
    writeFileSync(kubeconfig, JSON.stringify(config));
    world.startAgent(...LISTENING, '--source', 'kube', '--kubeconfig', kubeconfig);
    await waitFor(() => readMetric(readPage(world, '/metrics'), 'postern_kube_api_reachable') === 0, 30_000);
    const ready = readPage(world, '/readyz');
    expect(ready.status).toBe(503);
    expect(ready.body).toContain('E_NOT_SYNCED');
    expect(readPage(world, '/livez').status).toBe(200);
    const { code, output } = runStatus(world);
    expect(code).toBe(1);
    expect(output).toContain('not healthy');
    expect(output).toContain('E_KUBE_CONNECTION');
  });

  it('sees in the status who is isolated by what, and what was dropped', async () => {
    await world.settledAgent();
    await foe.traffic.connects(web.v4, TCP_PORT);
    const { code, output } = runStatus(world);
    expect(code).toBe(0);
    expect(output).toMatch(/^node-1 {2}healthy, enforcing/);
    expect(output).toMatch(/shop\/web +veth\w+ +web +open +\d+ POLICY/);
    expect(output).toMatch(/shop\/foe +veth\w+ +open +open +0/);
    expect(output).toMatch(/local_pods +6 +16384/);
    expect(readStatus(world)).toMatchObject({ healthy: true, unready: null, troubles: [] });
  });

  it('learns that there is no agent by exit code 2', () => {
    const { code, output } = runStatus(world);
    expect([code, output]).toEqual([2, expect.stringContaining('E_SOCKET')]);
  });

  it('watches drops with the policies that deny by default, and allowed flows with the rules that allow them', async () => {
    await world.settledAgent();
    const flows = await monitor('--flows', '--json', '--pod', 'web', '--protocol', 'tcp');
    await friend.traffic.connects(web.v4, TCP_PORT);
    await foe.traffic.connects(web.v6, TCP_PORT);
    await waitFor(() => flows.lines.length >= 2);
    await flows.kill('SIGINT');
    const [allowed, denied] = flows.events;
    expect(allowed).toMatchObject({
      verdict: 'allow',
      direction: 'ingress',
      pod: 'shop/web',
      peer: 'shop/friend',
      destination: web.v4,
      port: TCP_PORT,
      allowedBy: [{ policy: 'shop/web', direction: 'ingress', rule: 0 }],
    });
    expect(denied).toMatchObject({
      verdict: 'deny',
      peer: 'shop/foe',
      destination: web.v6,
      port: TCP_PORT,
      policies: ['shop/web'],
      allowedBy: [],
    });
    // One flow, one event: the SYN-ACK is none of its own.
    expect(flows.events.filter(({ verdict }) => verdict === 'allow')).toHaveLength(1);
    expect(flows.words.at(-1)).toMatch(/^\d events shown$/);
  });

  it('is told that an open connection was judged anew after an edit, and by which rule it goes on', async () => {
    world.policy('web', { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ from: apps('foe') }, { from: apps('friend') }] });
    await world.settledAgent();
    await friend.traffic.start('open', 'held', web.v4, TCP_PORT);
    const flows = await monitor('--flows', '--json', '--peer', 'friend');
    world.policy('web', { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ from: apps('friend') }] });
    await waitFor(() => flows.lines.length > 0, 10_000);
    expect(flows.events[0]).toMatchObject({
      verdict: 'allow',
      pod: 'shop/web',
      text: 'judged anew, and still allowed',
      allowedBy: [{ policy: 'shop/web', direction: 'ingress', rule: 0 }],
    });
    expect((await friend.traffic.stop('open')).closed).toBe(false);
  });

  it('reads one line for each event, of those that the filters take, and as many as asked for', async () => {
    await world.settledAgent();
    const text = await monitor('--peer', 'shop/foe', '--port', String(TCP_PORT), '--count', '1');
    await friend.traffic.connects(web.v4, TCP_PORT);
    await foe.traffic.reachesByDatagram(web.v4, UDP_PORT);
    await foe.traffic.connects(web.v4, TCP_PORT);
    expect(await text.ended).toBe(0);
    expect(text.lines).toEqual([
      expect.stringMatching(
        /^\d\d:\d\d:\d\d\.\d{3} {2}DROP {4}ingress {2}shop\/foe → shop\/web +TCP\/80 +no policy allows it: default deny by shop\/web$/,
      ),
    ]);
  });

  it('is told how many events were too many, so that with those shown they are all', async () => {
    await world.settledAgent();
    const flooded = await monitor('--json', '--pod', 'web', '--peer', 'shop/foe');
    const before = deniedAtWeb();
    await foe.traffic.ask({ op: 'flood', host: web.v4, ...FLOOD });
    await waitFor(() => sumOf(flooded) > 0 && sumOf(flooded) === deniedAtWeb() - before, 10_000);
    expect(flooded.events.some(({ kind }) => kind === 'suppressed')).toBe(true);
    await flooded.kill('SIGTERM');
    expect(flooded.words.at(-1)).toContain('were not told: too many at once');
  });

  it('goes on watching over a restart of the agent, and is told so', async () => {
    const first = await world.settledAgent();
    const watched = await monitor('--json');
    await first.kill();
    await waitFor(() => watched.words.some((line) => line.includes('the agent has gone')), 10_000);
    await world.settledAgent();
    await waitFor(() => watched.words.some((line) => line.includes('an agent is here')));
    watched.lines.length = 0;
    await foe.traffic.connects(web.v4, TCP_PORT);
    await waitFor(() => watched.events.some(({ peer, port }) => peer === 'shop/foe' && port === TCP_PORT));
  });

  it('leaves no monitor behind: it ends by signals, in time, and when nobody reads it any more', async () => {
    await world.settledAgent();
    const timed = await monitor('--for', '3');
    const unread = await monitor();
    unread.stopReading();
    for (let round = 0; unread.running && round < 20; round += 1) await foe.traffic.connects(web.v4, TCP_PORT);
    expect(await unread.ended).toBe(0);
    expect(await timed.ended).toBe(0);
  });
});

/** Events told and not told. */
function sumOf(monitor: MonitorProcess): number {
  return monitor.events.reduce((sum, event) => sum + (event['kind'] === 'suppressed' ? Number(event['count']) : 1), 0);
}
