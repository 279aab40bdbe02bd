/** Events that were not told are told of as a number, pod by pod. */

import { describe, expect, it } from 'vitest';
import { SuppressedEvents } from '../../src/agent/suppressed-events.ts';
import { pod } from '../support/builders/objects.ts';
import { AgentStage, count } from './support/agent-stage.ts';

describe('suppressed events', () => {
  it('are those since the last look, for each pod by itself, also after its counters began anew', async () => {
    await using agent = new AgentStage({ '10.1.0.2': 12, '10.1.0.3': 13 });
    agent.tell(pod('shop/web', { node: 'node-1', addresses: ['10.1.0.2'] }), pod('shop/api', { node: 'node-1', addresses: ['10.1.0.3'] }));
    agent.sync();
    const slot = (of: string): number => agent.compiler.endpoints.get(of)?.counters ?? 0;
    const lose = (of: string, lostEvents: number): unknown => agent.datapath.slots.set(slot(of), count({ lostEvents }));
    const suppressed = new SuppressedEvents({ ...agent.parts });
    const take = (): unknown[] => suppressed.take().map(({ pod, count: lost }) => [pod, lost]);

    lose('shop/web', 100);
    suppressed.begin();
    expect(take()).toEqual([]);
    lose('shop/web', 130);
    lose('shop/api', 5);
    expect(take()).toEqual([
      ['shop/web', 30],
      ['shop/api', 5],
    ]);
    expect(take()).toEqual([]);
    lose('shop/web', 4);
    agent.datapath.slots.set(0, count({ lostEvents: 2 }));
    expect(take()).toEqual([
      [null, 2],
      ['shop/web', 4],
    ]);
  });
});
