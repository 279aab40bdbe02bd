/** What stays wrong is told once, and again when it is another problem or comes back. */

import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Reports } from '../../src/agent/reports.ts';
import { DEFAULT_BUDGET } from '../../src/compiler/admission.ts';
import { Compiler } from '../../src/compiler/compiler.ts';
import type { Notice } from '../../src/model/notice.ts';
import type { ClusterObject } from '../../src/model/objects.ts';
import { namespace, node, pod, policy } from '../support/builders/objects.ts';
import { ReconcilerStage } from './support/reconciler-stage.ts';

const WEB = '10.1.0.2';
const PROBLEM = 'policy is not enforced as written';
const withPort = (port: unknown): ClusterObject => policy('shop/web', { podSelector: {}, ingress: [{ ports: [{ port }] }] });

describe('a policy that is wrong', () => {
  let stage: ReconcilerStage;

  beforeEach(() => {
    stage = new ReconcilerStage({ [WEB]: 12 });
    stage.start(namespace('shop'), node('node-1', ['10.9.0.1']), pod('shop/web', { node: 'node-1', addresses: [WEB] }));
  });
  afterEach(() => stage[Symbol.dispose]());

  function tell(...told: readonly ClusterObject[]): void {
    stage.tell(...told);
    stage.reconciler.flush();
  }

  const problems = (): unknown[] => stage.loggedAs(PROBLEM).map(({ problem }) => problem);

  it('is told once for each problem', () => {
    tell(withPort('80'));
    tell(withPort('80'));
    tell(namespace('other'));
    expect(problems()).toHaveLength(1);
    tell(withPort(0));
    expect(problems()).toHaveLength(2);
    expect(problems()[1]).toContain('[E_POLICY_FIELD]');
  });

  it('is told again where it was mended, or deleted, in between', () => {
    tell(withPort('80'));
    tell(withPort(80));
    tell(withPort('80'));
    stage.events({ type: 'delete', kind: 'NetworkPolicy', key: 'shop/web' });
    stage.reconciler.flush();
    tell(withPort('80'));
    expect(problems()).toHaveLength(3);
  });
});

describe('a pod that is not enforced', () => {
  it('is told once for each reason, and again where it was enforced in between', () => {
    const lines: string[] = [];
    const reports = new Reports(new Compiler(), pino({}, { write: (line: string) => lines.push(line) }));
    for (const reason of ['macvlan', 'macvlan', 'loopback', undefined, 'loopback'])
      reports.unenforced(new Map(reason === undefined ? [] : [['shop/web', reason]]));
    expect(lines.map((line) => (JSON.parse(line) as { reason: string }).reason)).toEqual(['macvlan', 'loopback', 'loopback']);
  });
});

describe('what people are shown', () => {
  const budget = { ...DEFAULT_BUDGET, pod: { ...DEFAULT_BUDGET.pod, policies: 1 } };
  const WRONG = { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ ports: [{ port: '80' }] }] };
  let shown: ReadonlyMap<string, Notice>;
  let stage: ReconcilerStage;

  beforeEach(() => {
    stage = new ReconcilerStage({ [WEB]: 12 }, { budget }, { notices: { show: (notices) => (shown = notices) } });
    stage.start(namespace('shop'), node('node-1', ['10.9.0.1']), ownPod('web'));
  });
  afterEach(() => stage[Symbol.dispose]());

  const ownPod = (app: string): ClusterObject => pod('shop/web', { node: 'node-1', addresses: [WEB], labels: { app } });

  function tell(...told: readonly ClusterObject[]): Notice[] {
    stage.tell(...told);
    stage.reconciler.flush();
    return [...shown.values()];
  }

  it('is of a policy that is wrong, with the code and how to mend it, for as long as it is', () => {
    const [notice, ...others] = tell(policy('shop/web', WRONG));
    expect(notice).toMatchObject({
      about: { kind: 'NetworkPolicy', namespace: 'shop', name: 'web', uid: 'NetworkPolicy/shop/web' },
      reason: 'PolicyInvalid',
      shared: true,
    });
    expect(notice?.message).toMatch(/isolated and it allows nothing: .*"80" is no port name \(.*\) \[E_POLICY_FIELD\]/);
    expect(others).toEqual([]);
    expect(tell(policy('shop/web', { ...WRONG, ingress: [] }))).toEqual([]);
  });

  it('is of a policy only where it selects a pod of the node, from when on it does', () => {
    tell(policy('shop/web', WRONG));
    expect(tell(ownPod('other'))).toEqual([]);
    expect(tell(ownPod('web'))).toHaveLength(1);
    stage.events({ type: 'delete', kind: 'Pod', key: 'shop/web' });
    expect(tell()).toEqual([]);
  });

  it('is of a policy that does not say whom it selects where its namespace has a pod', () => {
    const strange = { podSelector: 7 };
    expect(tell(policy('bank/strange', strange), policy('shop/strange', strange))).toMatchObject([
      { about: { namespace: 'shop' }, reason: 'PolicyInvalid', message: expect.stringContaining('selects no pod') },
    ]);
  });

  it('is of a policy that does not fit, and of one of which a part means nothing', () => {
    const deny = { podSelector: {}, ingress: [] };
    const [refused] = tell(policy('shop/first', deny, { createdAt: 1000 }), policy('shop/second', deny, { createdAt: 2000 }));
    expect(refused).toMatchObject({
      about: { name: 'second' },
      reason: 'PolicyRefused',
      message: expect.stringContaining('[E_POLICY_BUDGET]'),
    });
    stage.events({ type: 'delete', kind: 'NetworkPolicy', key: 'shop/second' });
    expect(tell(policy('shop/first', { podSelector: {}, ingress: [{ from: [{}] }] }))).toMatchObject([{ reason: 'PolicyNotAsWritten' }]);
  });

  it('is of a Node whose annotation is not understood', () => {
    expect(tell(node('node-1', ['10.9.0.1'], { 'postern.dev/enforcement': 'no' }))).toMatchObject([
      {
        about: { kind: 'Node', name: 'node-1', uid: 'node-1' },
        reason: 'EnforcementUnknown',
        message: expect.stringContaining('[E_ENFORCEMENT]'),
      },
    ]);
  });

  it('is of a pod that is not enforced', () => {
    const { compiler } = stage;
    const reports = new Reports(compiler, pino({ level: 'silent' }), { show: (notices) => (shown = notices) });
    reports.unenforced(new Map([['shop/web', 'its interface net1 is macvlan, which has no host side']]));
    reports.show();
    expect([...shown.values()]).toMatchObject([
      {
        about: { kind: 'Pod', namespace: 'shop', name: 'web' },
        reason: 'PodNotEnforced',
        message: expect.stringContaining('macvlan'),
        shared: false,
      },
    ]);
  });
});
