/** What the words and configurations of endpoints must come to. */

import { expect, it } from 'vitest';
import { CONFIG_OPEN, CONFIG_UNSET } from '../../../src/model/plan.ts';
import { IFINDEX, isolated, NONE, PEER, PEER6, SCTP, STRANGER6, TCP, UDP, type ContractStage } from './stage.ts';

export function itJudgesByEndpoints(stage: ContractStage): void {
  const { apply, ask, fresh, configure } = stage;

  it('denies everything at an interface that was never set', () => {
    expect(stage.datapath.tookOverFlows).toBe(false);
    expect([ask(PEER), ask(PEER6), ask(PEER, 80, UDP, 'egress')]).toEqual(['deny', 'deny', 'deny']);
  });

  it('allows everything at an open one, and denies again when it is unset', () => {
    apply({ op: 'set-endpoint', ifindex: IFINDEX, word: { config: CONFIG_OPEN, generation: 1 } });
    expect([ask(PEER), ask(STRANGER6, 1, UDP, 'egress')]).toEqual(['allow', 'allow']);
    apply({ op: 'set-endpoint', ifindex: IFINDEX, word: { config: CONFIG_UNSET, generation: 0 } });
    expect(ask(PEER)).toBe('deny');
  });

  it('isolates each direction for itself', () => {
    apply(...configure({ ingress: isolated(fresh()) }));
    expect([ask(PEER), ask(PEER, 80, TCP, 'egress')]).toEqual(['deny', 'allow']);
    apply(...configure({ egress: isolated(fresh()) }));
    expect([ask(PEER), ask(PEER, 80, TCP, 'egress')]).toEqual(['allow', 'deny']);
  });

  it('gives what no row covers the default verdict of the ruleset', () => {
    for (const verdict of ['deny', 'allow', 'would-deny'] as const) {
      apply(...configure({ ingress: isolated(fresh(), NONE, verdict) }));
      expect([ask(PEER), ask(PEER6, 443, SCTP)]).toEqual([verdict, verdict]);
    }
  });
}
