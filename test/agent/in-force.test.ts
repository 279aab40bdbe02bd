/** Since when a policy is in force, and what breaking the glass does to a running agent. */

import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InForce } from '../../src/agent/in-force.ts';
import { describePolicies, type PolicyStatus } from '../../src/agent/policy-status.ts';
import { DEFAULT_BUDGET } from '../../src/compiler/admission.ts';
import type { CompilerOptions } from '../../src/compiler/compiler-options.ts';
import { decodeObject } from '../../src/model/decode/object.ts';
import type { ClusterObject } from '../../src/model/objects.ts';
import { slowToCount } from '../support/builders/hostile.ts';
import { namespace, node, pod, policy } from '../support/builders/objects.ts';
import { ReconcilerStage } from './support/reconciler-stage.ts';

const [WEB, STRANGER] = ['10.1.0.2', '10.1.1.3'];
const IFINDEX = 12;
const DENY = { podSelector: { matchLabels: { app: 'web' } }, ingress: [] };
const OFF = node('node-1', ['10.9.0.1'], { 'postern.dev/enforcement': 'off' });
const ON = node('node-1', ['10.9.0.1']);
const objects: readonly ClusterObject[] = [
  namespace('shop'),
  ON,
  pod('shop/web', { node: 'node-1', addresses: [WEB], labels: { app: 'web' } }),
  pod('shop/stranger', { node: 'node-2', addresses: [STRANGER] }),
];

/** The wall clock in seconds of this day. */
const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString();

describe('a policy', () => {
  let stage: ReconcilerStage;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(at(1)) });
    stage = stageWith();
  });
  afterEach(() => {
    vi.useRealTimers();
    stage[Symbol.dispose]();
  });

  function stageWith(options: CompilerOptions = {}): ReconcilerStage {
    return new ReconcilerStage({ [WEB]: IFINDEX }, options);
  }

  function flushAt(seconds: number, ...told: readonly ClusterObject[]): void {
    stage.tell(...told);
    vi.setSystemTime(at(seconds));
    stage.reconciler.flush();
  }

  function statusOf(key: string): PolicyStatus | undefined {
    return describePolicies(stage.compiler, stage.reconciler.inForce).find((status) => status.policy === key);
  }

  const since = (key = 'shop/web'): string | null | undefined => statusOf(key)?.inForceSince;

  it('is in force since the flush that brought it, and stays so while others come and pods change', () => {
    stage.start(...objects, policy('shop/web', DENY));
    expect(statusOf('shop/web')).toEqual({
      policy: 'shop/web',
      valid: true,
      problems: [],
      excluded: false,
      selects: 1,
      inForceSince: at(1),
    });
    flushAt(5, policy('shop/other', { podSelector: { matchLabels: { app: 'nobody' } } }));
    flushAt(6, pod('shop/web-2', { node: 'node-1', addresses: ['10.1.0.3'], labels: { app: 'web' } }));
    expect(statusOf('shop/web')).toMatchObject({ selects: 2, inForceSince: at(1) });
    expect(statusOf('shop/other')).toMatchObject({ selects: 0, inForceSince: at(5) });
  });

  it('begins anew with an edit, and is not in force until that is', () => {
    stage.start(...objects, policy('shop/web', DENY));
    stage.tell(policy('shop/web', { ...DENY, policyTypes: ['Ingress', 'Egress'] }));
    expect(since()).toBeNull();
    flushAt(9);
    expect(since()).toBe(at(9));
  });

  it('is not in force while its flush fails', () => {
    stage.start(...objects);
    stage.datapath.refuse = 'put-config';
    flushAt(2, policy('shop/web', DENY));
    expect(since()).toBeNull();
    stage.datapath.refuse = undefined;
    flushAt(3);
    expect(since()).toBe(at(3));
  });

  it('that is told while an earlier plan waits is not taken for a part of it', () => {
    const { compiler } = stage;
    const inForce = new InForce(compiler, pino({ level: 'silent' }));
    const tell = (...told: readonly ClusterObject[]): void => {
      const events = told.map((object) => ({ type: 'upsert', object }) as const);
      compiler.apply(events);
      inForce.heard(events);
    };
    const inForceNow = (): boolean[] => [...compiler.policies.values()].map((one) => inForce.since(one) !== null);
    tell(...objects, policy('shop/early', DENY));
    compiler.flush({ ms: 0, monotonic: 0n });
    inForce.planned();
    tell(policy('shop/late', DENY), OFF);
    inForce.applied();
    expect(inForceNow()).toEqual([true, false]);
    compiler.flush({ ms: 1, monotonic: 1n });
    inForce.planned();
    expect(inForce.enforcement.on).toBe(true);
    inForce.applied();
    expect([inForceNow(), inForce.enforcement.on]).toEqual([[false, false], false]);
  });

  it('whose namespace waits to be counted is not in force until it has been, and its neighbours do not wait', () => {
    const blocks = (network: number): ClusterObject => decodeObject(slowToCount(network)) as ClusterObject;
    const hostile = pod('hostile/x', { node: 'node-1', addresses: ['10.1.0.8'] });
    stage.start(...objects, namespace('hostile'), hostile, blocks(20));
    expect(since('hostile/blocks')).toBe(at(1));
    flushAt(2, blocks(21), policy('shop/web', DENY));
    expect(stage.compiler.waiting).toBe(true);
    expect([since('hostile/blocks'), since('shop/web')]).toEqual([null, at(2)]);
    stage.clock += 20_000;
    flushAt(22);
    expect([since('hostile/blocks'), since('shop/web')]).toEqual([at(22), at(2)]);
  });

  it('is in force although the programs of another pod cannot be attached', () => {
    stage.start(...objects);
    stage.present.set('10.1.0.3', 13);
    stage.datapath.unattachable.add(13);
    flushAt(2, pod('shop/other', { node: 'node-1', addresses: ['10.1.0.3'] }), policy('shop/web', DENY));
    expect(stage.reconciler.failure?.code).toBe('E_ATTACH');
    expect(since()).toBe(at(2));
  });

  it('is not in force before the programs of an earlier agent are replaced', () => {
    stage.datapath.attach(IFINDEX);
    stage.complete = false;
    stage.start(...objects, policy('shop/web', DENY));
    expect(since()).toBeNull();
    stage.complete = true;
    flushAt(4);
    expect(since()).toBe(at(4));
  });

  it('is never in force as it is written where it is invalid', () => {
    stage.start(...objects, policy('shop/web', { ...DENY, ingress: [{ ports: [{ port: '80' }] }] }));
    expect(statusOf('shop/web')).toMatchObject({ valid: false, selects: 1, inForceSince: null });
  });

  it('is in force from when it fits, and no more where another that came before it takes its place', () => {
    stage = stageWith({ budget: { ...DEFAULT_BUDGET, pod: { ...DEFAULT_BUDGET.pod, policies: 1 } } });
    const younger = policy('shop/younger', DENY, { createdAt: 2000 });
    stage.start(...objects, younger);
    flushAt(2, policy('shop/older', DENY, { createdAt: 1000 }));
    expect([since('shop/older'), since('shop/younger')]).toEqual([at(2), null]);
    stage.events({ type: 'delete', kind: 'NetworkPolicy', key: 'shop/older' });
    flushAt(20);
    expect([since('shop/older'), since('shop/younger')]).toEqual([undefined, at(20)]);
  });

  it('of an excluded namespace is listed, and not in force', () => {
    stage = stageWith({ excludedNamespaces: ['shop'] });
    stage.start(...objects, policy('shop/web', DENY));
    expect(statusOf('shop/web')).toMatchObject({ excluded: true, selects: 0, inForceSince: null });
    expect(stage.judge(IFINDEX, STRANGER)).toBe('allow');
  });

  it('is not in force while enforcement is off, and again since that is on', () => {
    stage.start(...objects, policy('shop/web', DENY));
    flushAt(3, OFF);
    expect(statusOf('shop/web')).toMatchObject({ selects: 1, inForceSince: null });
    flushAt(8, ON);
    expect(since()).toBe(at(8));
  });
});

describe('breaking the glass', () => {
  let stage: ReconcilerStage;

  beforeEach(() => {
    stage = new ReconcilerStage({ [WEB]: IFINDEX });
  });
  afterEach(() => stage[Symbol.dispose]());

  const tell = (...told: readonly ClusterObject[]): void => {
    stage.tell(...told);
    stage.reconciler.flush();
  };

  it('leaves programs attached, lets everything pass, and is told in the status and once in the log', () => {
    stage.start(...objects, policy('shop/web', DENY));
    expect(stage.judge(IFINDEX, STRANGER)).toBe('deny');
    const { enforcement } = stage.reconciler.inForce;
    expect(enforcement.status).toMatchObject({ on: true, by: 'default', problem: null });
    tell(OFF);
    tell(pod('shop/more', { node: 'node-2', addresses: ['10.1.1.9'] }));
    expect([...stage.datapath.attached()]).toEqual([IFINDEX]);
    expect(stage.judge(IFINDEX, STRANGER)).toBe('allow');
    expect(enforcement.status).toMatchObject({ on: false, by: 'annotation', since: expect.any(String) });
    expect(stage.loggedAs('enforcement is off on this node: programs stay attached, and nothing is dropped')).toHaveLength(1);
    tell(ON);
    expect(stage.judge(IFINDEX, STRANGER)).toBe('deny');
    expect(enforcement.on).toBe(true);
    expect(stage.loggedAs('enforcement is on again')).toHaveLength(1);
  });

  it('works although something else cannot be written', () => {
    stage.start(...objects, policy('shop/web', DENY));
    stage.datapath.refuse = 'put-pair';
    tell(policy('shop/web', { ...DENY, ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 1 }] }] }));
    expect(stage.reconciler.failure?.code).toBe('E_DATAPATH');
    tell(OFF);
    expect(stage.judge(IFINDEX, STRANGER)).toBe('allow');
    expect(stage.reconciler.inForce.enforcement.on).toBe(true);
    stage.datapath.refuse = undefined;
    stage.reconciler.flush();
    expect(stage.reconciler.inForce.enforcement.on).toBe(false);
    expect(stage.judge(IFINDEX, STRANGER)).toBe('allow');
    tell(ON);
    expect(stage.judge(IFINDEX, STRANGER)).toBe('deny');
  });

  it("replaces an earlier agent's programs also while the source cannot be read as a whole", () => {
    stage.datapath.attach(IFINDEX);
    stage.complete = false;
    stage.start(...objects, policy('shop/web', DENY));
    expect(stage.reconciler.failure?.code).toBe('E_INCOMPLETE');
    stage.compiler.enforcement.override('off');
    stage.reconciler.flush();
    expect(stage.reconciler.failure).toBeUndefined();
    expect(stage.judge(IFINDEX, STRANGER)).toBe('allow');
  });

  it('with a word that is not understood is logged, once', () => {
    stage.start(...objects, policy('shop/web', DENY));
    const strange = node('node-1', ['10.9.0.1'], { 'postern.dev/enforcement': 'OFF' });
    tell(strange);
    stage.reconciler.flush();
    expect(stage.loggedAs("the Node's annotation is not understood")).toMatchObject([{ code: 'E_ENFORCEMENT' }]);
    expect(stage.reconciler.inForce.enforcement.status.problem).toContain('"OFF" is neither on nor off');
    expect(stage.judge(IFINDEX, STRANGER)).toBe('deny');
  });
});
