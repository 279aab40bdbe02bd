/** Break-glass over the agent's own socket: what is answered, also where it cannot be so yet. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setEnforcement, type EnforcementAnswer } from '../../src/agent/set-enforcement.ts';
import { formatAnswer } from '../../src/cli/enforcement.ts';
import type { LocalEnforcement } from '../../src/compiler/enforcement.ts';
import { namespace, node, pod, policy } from '../support/builders/objects.ts';
import { ReconcilerStage } from './support/reconciler-stage.ts';

const [WEB, STRANGER] = ['10.1.0.2', '10.1.1.3'];
const IFINDEX = 12;
const objects = [
  namespace('shop'),
  node('node-1', ['10.9.0.1']),
  pod('shop/web', { node: 'node-1', addresses: [WEB] }),
  policy('shop/web', { podSelector: {}, ingress: [] }),
];

describe('breaking the glass at the agent', () => {
  let stage: ReconcilerStage;

  beforeEach(() => {
    stage = new ReconcilerStage({ [WEB]: IFINDEX });
  });
  afterEach(() => stage[Symbol.dispose]());

  const say = (word: LocalEnforcement): EnforcementAnswer =>
    setEnforcement({ node: 'node-1', compiler: stage.compiler, reconciler: stage.reconciler }, word);

  it('is in force when it answers, and so is taking it back', () => {
    stage.start(...objects);
    const off = say('off');
    expect(stage.judge(IFINDEX, STRANGER)).toBe('allow');
    expect(off).toEqual({ node: 'node-1', on: false, by: 'local', inForce: true, since: expect.any(String), failure: null });
    expect(formatAnswer(off)).toBe(
      `enforcement is off on node-1, as this agent was told, until it is told auto or starts again (since ${off.since})`,
    );
    const auto = say('auto');
    expect(stage.judge(IFINDEX, STRANGER)).toBe('deny');
    expect(auto).toMatchObject({ on: true, by: 'default', inForce: true });
    expect(formatAnswer(auto)).toContain('enforcement is on on node-1, as nothing else is said');
  });

  it('says that it is not so yet while the cluster has not been read, and is as soon as it has', () => {
    stage.tell(...objects);
    const answer = say('off');
    expect(answer).toMatchObject({ on: false, inForce: false, since: null, failure: null });
    expect(formatAnswer(answer)).toContain('NOT IN FORCE YET: the agent has not read the whole cluster yet');
    stage.start();
    expect(stage.judge(IFINDEX, STRANGER)).toBe('allow');
  });

  it('says why not while the kernel refuses', () => {
    stage.start(...objects);
    stage.datapath.refuse = 'set-endpoint';
    const answer = say('off');
    expect(answer).toMatchObject({ on: false, inForce: false, failure: expect.stringContaining('E_DATAPATH') });
    expect(formatAnswer(answer)).toMatch(/NOT IN FORCE YET: .*E_DATAPATH/);
    expect(stage.judge(IFINDEX, STRANGER)).toBe('deny');
  });
});
