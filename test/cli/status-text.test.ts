/** What people read of an agent's status. */

import { describe, expect, it } from 'vitest';
import type { AgentStatus } from '../../src/agent/status.ts';
import { makeStatus } from '../../src/agent/status.ts';
import { describeDuration } from '../../src/cli/describe-time.ts';
import { formatStatus } from '../../src/cli/status-text.ts';
import { PosternError } from '../../src/model/error.ts';
import { AgentStage, count } from '../agent/support/agent-stage.ts';
import { namespace, node, pod, policy } from '../support/builders/objects.ts';
import { withoutColours } from './without-colours.ts';

const OBJECTS = [
  namespace('shop'),
  node('node-1', ['10.9.0.1']),
  pod('shop/web', { node: 'node-1', addresses: ['10.1.0.2'], labels: { app: 'web' } }),
  pod('shop/free', { node: 'node-1', addresses: ['10.1.0.3'] }),
  pod('shop/lost', { node: 'node-1', addresses: ['10.1.0.4'] }),
  policy('shop/web', { podSelector: { matchLabels: { app: 'web' } }, ingress: [] }),
  policy('shop/bad', { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ ports: [{ port: 0 }] }] }),
];

/** Runs of blanks are one. */
function read(status: AgentStatus): string[] {
  const text = withoutColours(formatStatus(status, Date.now()));
  return text.split('\n').map((line) => line.trim().replaceAll(/ {2,}/g, ' | '));
}

async function statusOf(change: (agent: AgentStage) => void): Promise<AgentStatus> {
  await using agent = new AgentStage({ '10.1.0.2': 12, '10.1.0.3': 13 });
  agent.tell(...OBJECTS);
  agent.sync();
  const slot = agent.compiler.endpoints.get('shop/web')?.counters ?? 0;
  agent.datapath.slots.set(slot, count({ ingress: { POLICY: 7, NODE: 9 }, egress: { SPOOFED_SOURCE: 1, POLICY: 2 } }));
  change(agent);
  return JSON.parse(JSON.stringify(makeStatus(agent.parts))) as AgentStatus;
}

describe('the status in words', () => {
  it('begins with whether all is well, and has the pods with their policies and drops', async () => {
    const lines = read(await statusOf((agent) => void (agent.flows.rows = 4000)));
    expect(lines[0]).toBe('node-1 | healthy, enforcing | Postern 0.1.0');
    expect(lines).toContain('2 pods, 1 isolated; 2 policies in the cluster, 2 of them for pods here');
    expect(lines).toContain('shop/web | veth12 | bad, web | open | 7 POLICY | 3 POLICY and others');
    expect(lines).toContain('shop/free | veth13 | open | open | 0 | 0');
    expect(lines).toContain('conntrack | 4000 | 4096 | 97.7 %');
    expect(lines).toContain('3 packet events were not told: above the rate (the packets were counted)');
    expect(lines.some((line) => line.includes('What is wrong'))).toBe(false);
  });

  it('says what is wrong before all else, how to mend it, and which policies and pods are concerned', async () => {
    const lines = read(
      await statusOf((agent) => {
        agent.source.healthy = false;
        agent.source.problems = [new PosternError('E_KUBE_CONNECTION', 'the API server cannot be reached', { mend: 'it is tried again' })];
      }),
    );
    expect(lines[0]).toBe('node-1 | not healthy, enforcing | Postern 0.1.0');
    const wrong = lines.indexOf('What is wrong, and how to mend it');
    expect(lines[wrong + 1]).toBe('the API server cannot be reached (it is tried again) [E_KUBE_CONNECTION]');
    expect(wrong).toBeLessThan(lines.indexOf('Source'));
    expect(lines.find((line) => line.startsWith('shop/bad |'))).toContain('E_POLICY_FIELD');
    expect(lines[lines.indexOf('Pods whose interface was not found') + 1]).toBe('shop/lost');
  });

  it('has each policy for pods here, with since when it is in force', async () => {
    const status = await statusOf(() => undefined);
    const lines = read(status);
    expect(lines.find((line) => line.startsWith('shop/web | 1 |'))).toMatch(/\d{4}-\d\d-\d\dT[\d:]+Z \(0 s ago\)$/);
    expect(lines).toContain('shop/bad | 1 | not in force as written');
    const [policy] = status.policies;
    const away = { ...policy!, policy: 'shop/away', selects: 0 };
    const excluded = { ...policy!, policy: 'shop/out', excluded: true, inForceSince: null };
    const more = read({ ...status, policies: [away, excluded] });
    expect(more).toContain('shop/out | 1 | excluded: its namespace is');
    expect(more.some((line) => line.startsWith('shop/away |'))).toBe(false);
  });

  it('shows the API server resource by resource', async () => {
    const part = {
      state: 'watching',
      objects: 12,
      version: '9',
      lists: 1,
      watches: 3,
      silentMs: 12_000,
      failure: null,
      failingMs: null,
    } as const;
    const failing = { ...part, state: 'waiting', failure: 'E_KUBE_CONNECTION', failingMs: 65_000, silentMs: null } as const;
    const lines = read(await statusOf((agent) => void (agent.source.details = { pods: part, nodes: failing })));
    expect(lines).toContain('pods | watching | 12 | 12 s ago | 1 | 3');
    expect(lines).toContain('nodes | waiting, failing for 1 min (E_KUBE_CONNECTION) | 12 | never | 1 | 3');
  });

  it('says how the container runtime fares, where one is asked', async () => {
    const cri = { socket: '/run/c.sock', runtime: 'containerd 2.1', healthy: true, sandboxes: 4, events: true, problem: null };
    const status = await statusOf(() => undefined);
    expect(read({ ...status, cri })).toContain('containerd 2.1 at /run/c.sock, 4 sandboxes');
    const silent = { ...cri, runtime: null, healthy: false, problem: 'nobody answers' };
    expect(read({ ...status, cri: silent })).toContain('a container runtime at /run/c.sock, nobody answers');
  });

  it('says whether new pods are held, and how long', async () => {
    const status = await statusOf(() => undefined);
    const gate = { passed: 7, refused: 1, medianMs: 48, longestMs: 90 };
    const cni = { installed: true, file: '10-a.conflist', since: null, problem: null };
    expect(read(status).some((line) => line.includes('new pods'))).toBe(false);
    expect(read({ ...status, cni, gate })).toContain(
      'new pods are held by the CNI plugin in 10-a.conflist; 7 passed, 1 refused, mostly after 48 ms',
    );
    expect(read({ ...status, gate })).toContain('new pods are held by a CNI plugin; 7 passed, 1 refused, mostly after 48 ms');
    const broken = { ...cni, installed: false, file: null, problem: 'there is none [E_CNI_NONE]' };
    expect(read({ ...status, cni: broken })).toContain('new pods are NOT held: there is none [E_CNI_NONE]');
  });

  it('shouts that enforcement is off', async () => {
    const lines = read(
      await statusOf((agent) => {
        agent.compiler.enforcement.override('off');
        agent.reconciler.flush();
      }),
    );
    expect(lines.find((line) => line.startsWith('ENFORCEMENT IS OFF by postern enforcement off, since'))).toContain(
      'every pod here is open',
    );
  });

  it('tells durations in the largest unit that fits', () => {
    expect([0, 59_999, 60_000, 3_599_999, 7_200_000, 200_000_000].map(describeDuration)).toEqual([
      '0 s',
      '59 s',
      '1 min',
      '59 min',
      '2 h',
      '2 d',
    ]);
  });
});
