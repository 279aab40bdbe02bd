/** Healthy, ready and alive: three questions, each with its own answer and the reason. */

import { describe, expect, it, vi } from 'vitest';
import { findStandstill, findTroubles, findUnreadiness, isHealthy } from '../../src/agent/health.ts';
import { PosternError } from '../../src/model/error.ts';
import { namespace, node, pod, policy } from '../support/builders/objects.ts';
import { AgentStage } from './support/agent-stage.ts';

const OBJECTS = [
  namespace('shop'),
  node('node-1', ['10.9.0.1']),
  pod('shop/web', { node: 'node-1', addresses: ['10.1.0.2'], labels: { app: 'web' } }),
  policy('shop/web', { podSelector: { matchLabels: { app: 'web' } }, ingress: [] }),
];

const stage = (): AgentStage => new AgentStage({ '10.1.0.2': 12 });
const codes = (of: AgentStage): string[] => findTroubles(of.parts).map(({ code }) => code);

describe('an agent', () => {
  it('is not ready until all that there was is in force', async () => {
    await using agent = stage();
    agent.tell(...OBJECTS);
    expect(findUnreadiness(agent.parts)).toMatchObject({ code: 'E_NOT_SYNCED' });
    expect(isHealthy(agent.parts)).toBe(false);
    agent.sync();
    expect(findUnreadiness(agent.parts)).toBeUndefined();
    expect(isHealthy(agent.parts)).toBe(true);
  });

  it('stays ready while the API server is away, and is not healthy', async () => {
    await using agent = stage();
    agent.tell(...OBJECTS);
    agent.sync();
    agent.source.healthy = false;
    agent.source.problems = [new PosternError('E_KUBE_CONNECTION', 'the API server cannot be reached')];
    expect(findUnreadiness(agent.parts)).toBeUndefined();
    expect(codes(agent)).toEqual(['E_KUBE_CONNECTION']);
    expect(isHealthy(agent.parts)).toBe(false);
  });

  it('is not ready after a flush that failed, until one has worked', async () => {
    await using agent = stage();
    agent.tell(...OBJECTS);
    agent.sync();
    agent.datapath.refuses = true;
    agent.tell(policy('shop/more', { podSelector: {}, policyTypes: ['Egress'] }));
    agent.reconciler.flush();
    expect(findUnreadiness(agent.parts)).toMatchObject({ code: 'E_DATAPATH' });
    expect(agent.reconciler.failures).toBe(1);
    agent.datapath.refuses = false;
    agent.reconciler.flush();
    expect(findUnreadiness(agent.parts)).toBeUndefined();
  });

  it('is not ready while a policy does not say whom it selects', async () => {
    await using agent = stage();
    agent.tell(...OBJECTS, policy('shop/bad', { podSelector: 'web' }));
    agent.sync();
    expect(findUnreadiness(agent.parts)).toMatchObject({ code: 'E_POLICY_SELECTION', at: { object: 'NetworkPolicy shop/bad' } });
    expect(codes(agent)).toEqual(['E_POLICY_SELECTION']);
  });

  it('is healthy though the source complains, where that takes nothing out of force', async () => {
    await using agent = stage();
    agent.tell(...OBJECTS);
    agent.sync();
    agent.source.problems = [new PosternError('E_MANIFEST_DUPLICATE', 'two documents say one object')];
    expect(codes(agent)).toEqual([]);
    expect(isHealthy(agent.parts)).toBe(true);
  });

  it('says so where the source is not whole and complains of nothing', async () => {
    await using agent = stage();
    agent.tell(...OBJECTS);
    agent.sync();
    agent.source.healthy = false;
    expect(codes(agent)).toEqual(['E_SOURCE']);
  });

  it('is alive while flushes come when they are due, however often they fail, and stuck when one does not come for a minute', async () => {
    await using agent = stage();
    agent.tell(...OBJECTS);
    agent.sync();
    agent.datapath.refuses = true;
    agent.reconciler.nodeAddressesChanged();
    agent.tell(policy('shop/more', { podSelector: {}, policyTypes: ['Egress'] }));
    agent.reconciler.flush();
    expect(findStandstill(agent.parts)).toBeUndefined();
    const now = performance.now();
    const clock = vi.spyOn(performance, 'now').mockReturnValue(now + 30_000);
    expect(findStandstill(agent.parts)).toBeUndefined();
    clock.mockReturnValue(now + 90_000);
    expect(findStandstill(agent.parts)).toMatchObject({ code: 'E_STUCK', message: expect.stringContaining('89 s') });
    clock.mockRestore();
  });
});
