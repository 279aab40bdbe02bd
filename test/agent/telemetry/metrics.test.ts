/** Metrics as Prometheus would read them, over an agent whose kernel is in memory. */

import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { Telemetry } from '../../../src/agent/telemetry/telemetry.ts';
import { parseAddress } from '../../../src/model/ip.ts';
import type { SourcePart } from '../../../src/model/source.ts';
import { namespace, node, pod, policy } from '../../support/builders/objects.ts';
import { AgentStage } from '../support/agent-stage.ts';

const POD = (name: string, address: string, on = 'node-1') =>
  pod(`shop/${name}`, { node: on, addresses: [address], labels: { app: name } });
const select = (name: string, more: object) => policy(`shop/${name}`, { podSelector: { matchLabels: { app: name } }, ...more });

const OBJECTS = [
  namespace('shop'),
  node('node-1', ['10.9.0.1']),
  POD('web', '10.1.0.2'),
  POD('api', '10.1.0.3'),
  POD('free', '10.1.0.4'),
  POD('lost', '10.1.0.5'),
  POD('far', '10.2.0.2', 'node-2'),
  select('web', { ingress: [{ from: [{ podSelector: { matchLabels: { app: 'far' } } }] }] }),
  select('api', { policyTypes: ['Ingress', 'Egress'], ingress: [{ ports: [{ port: 0 }] }] }),
];

describe('metrics', () => {
  let telemetry: Telemetry;
  let agent: AgentStage;

  beforeEach(async () => {
    telemetry = await Telemetry.load();
    agent = new AgentStage({ '10.1.0.2': 12, '10.1.0.3': 13, '10.1.0.4': 14 }, telemetry.watch);
    telemetry.describe(agent.parts);
    return () => agent[Symbol.asyncDispose]();
  });

  /** Lines of one metric, without its comments. */
  async function read(name: string): Promise<string[]> {
    const text = await telemetry.registry.metrics();
    return text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  }

  /** The only value of a metric. */
  async function value(name: string): Promise<number> {
    return Number((await read(name))[0]?.split(' ').at(-1));
  }

  it('tell of endpoints and policies as they are at the moment', async () => {
    agent.tell(...OBJECTS);
    agent.sync();
    expect(await read('postern_endpoints')).toEqual([
      'postern_endpoints{isolated="none"} 1',
      'postern_endpoints{isolated="ingress"} 1',
      'postern_endpoints{isolated="egress"} 0',
      'postern_endpoints{isolated="both"} 1',
    ]);
    expect(await read('postern_policies')).toEqual([
      'postern_policies{state="valid"} 1',
      'postern_policies{state="refused"} 0',
      'postern_policies{state="invalid"} 1',
    ]);
    expect([await value('postern_endpoints_missing'), await value('postern_endpoints_unenforced')]).toEqual([1, 0]);
    expect([await value('postern_ready'), await value('postern_healthy'), await value('postern_enforcement_on')]).toEqual([1, 1, 1]);
    agent.compiler.enforcement.override('off');
    agent.reconciler.flush();
    expect(await value('postern_enforcement_on')).toBe(0);
    expect((await read('postern_endpoints'))[0]).toBe('postern_endpoints{isolated="none"} 3');
  });

  it('say how full tables are, and count no rows when they are read', async () => {
    agent.tell(...OBJECTS);
    agent.sync();
    const pairs = agent.datapath.pairs.size;
    expect(pairs).toBeGreaterThan(0);
    expect(await read('postern_map_rows')).toEqual([
      `postern_map_rows{map="pairs"} ${pairs}`,
      `postern_map_rows{map="ipcache"} ${agent.datapath.addresses.size}`,
    ]);
    agent.flows.rows = 77;
    expect(await read('postern_map_rows')).toContain('postern_map_rows{map="conntrack"} 77');
    expect(await read('postern_map_capacity_rows')).toContain('postern_map_capacity_rows{map="conntrack"} 4096');
    expect(agent.datapath.flowCounts).toBe(0);
  });

  it('count packets by direction, verdict and reason, and events told and lost', async () => {
    agent.news.received = 11;
    const packets = await read('postern_packets_total');
    expect(packets).toContain('postern_packets_total{direction="ingress",verdict="deny",reason="POLICY"} 7');
    expect(packets).toContain('postern_packets_total{direction="ingress",verdict="allow",reason="ALLOWED"} 2');
    expect(packets).toContain('postern_packets_total{direction="egress",verdict="would-deny",reason="TRIAL"} 0');
    expect(packets).toHaveLength(40);
    expect([await value('postern_events_received_total'), await value('postern_events_lost_total')]).toEqual([11, 3]);
    // Read twice, they are the same sums.
    expect(await read('postern_packets_total')).toEqual(packets);
  });

  it('measure an event from when it was parsed until it is in the maps, over flushes that fail, and nothing of the first list', async () => {
    const latency = 'postern_event_to_map_seconds_count';
    agent.tell(...OBJECTS);
    agent.sync();
    expect(await read(latency)).toEqual([]);
    agent.tell(POD('new', '10.2.0.9', 'node-2'), POD('newer', '10.2.0.10', 'node-2'), select('new', { ingress: [] }));
    agent.reconciler.events([{ type: 'delete', kind: 'Pod', key: 'shop/far' }]);
    agent.datapath.refuses = true;
    agent.reconciler.flush();
    expect(await read(latency)).toEqual([]);
    expect(await value('postern_flush_failures_total')).toBe(1);
    await sleep(30);
    agent.datapath.refuses = false;
    agent.reconciler.flush();
    expect(await read(latency)).toEqual([
      'postern_event_to_map_seconds_count{kind="Pod"} 2',
      'postern_event_to_map_seconds_count{kind="NetworkPolicy"} 1',
    ]);
    const [sum = ''] = await read('postern_event_to_map_seconds_sum');
    expect(Number(sum.split(' ').at(-1))).toBeGreaterThanOrEqual(0.06);
    expect(await value('postern_flush_duration_seconds_count')).toBe(3);
  });

  it('tell what drifted and was repaired, by what it was', async () => {
    agent.tell(...OBJECTS);
    agent.sync();
    agent.datapath.apply([{ op: 'delete-address', address: parseAddress('10.2.0.2') }]);
    await agent.drift.run(false);
    expect(await value('postern_drift_unrepaired')).toBe(1);
    await agent.drift.run(true);
    expect(await read('postern_drift_found_total')).toContain('postern_drift_found_total{what="ipcache"} 2');
    expect(await read('postern_drift_repaired_total')).toContain('postern_drift_repaired_total{what="ipcache"} 1');
    expect([await value('postern_drift_checks_total'), await value('postern_drift_unrepaired')]).toEqual([2, 0]);
    expect(await value('postern_drift_check_timestamp_seconds')).toBeCloseTo(Date.now() / 1000, -1);
  });

  it('tell of each resource of an API server, and of its loss', async () => {
    const part: SourcePart = {
      state: 'waiting',
      objects: 3,
      version: '9',
      lists: 2,
      watches: 5,
      silentMs: 1500,
      failure: null,
      failingMs: null,
    };
    expect(await read('postern_kube_api_reachable')).toEqual([]);
    agent.source.details = { pods: part, nodes: { ...part, state: 'watching', silentMs: null } };
    agent.apiLoss.lostMs = 4000;
    agent.apiLoss.losses = 1;
    expect([await value('postern_kube_api_reachable'), await value('postern_kube_api_lost_seconds')]).toEqual([0, 4]);
    expect(await value('postern_kube_api_losses_total')).toBe(1);
    expect(await read('postern_kube_silent_seconds')).toEqual(['postern_kube_silent_seconds{resource="pods"} 1.5']);
    expect(await read('postern_kube_watches_total')).toContain('postern_kube_watches_total{resource="nodes"} 5');
    expect(await read('postern_kube_reflector_state')).toEqual(
      expect.arrayContaining([
        'postern_kube_reflector_state{resource="pods",state="waiting"} 1',
        'postern_kube_reflector_state{resource="pods",state="watching"} 0',
        'postern_kube_reflector_state{resource="nodes",state="watching"} 1',
      ]),
    );
  });

  it('have names with our prefix and base units, and help that is a sentence', async () => {
    const own = telemetry.registry.getMetricsAsArray().filter(({ name }) => !/^(process|nodejs)_/.test(name));
    expect(own.length).toBeGreaterThan(35);
    for (const { name, help, type } of own as unknown as { name: string; help: string; type: unknown }[]) {
      expect(name).toMatch(/^postern_[a-z_]+$/);
      expect(help).toMatch(/^[A-Z0-9].*\.$/);
      expect(name.endsWith('_total'), name).toBe(String(type) === 'counter');
      expect(name).not.toMatch(/_(ms|milliseconds|kb|percent)/);
    }
    const text = await telemetry.registry.metrics();
    expect(text).not.toMatch(/pod="|namespace="/);
  });
});
