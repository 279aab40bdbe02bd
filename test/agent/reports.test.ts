/** What stays wrong is told once, and again when it is another problem or comes back. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Reports } from '../../src/agent/reports.ts';
import type { ClusterObject } from '../../src/model/objects.ts';
import { namespace, node, pod, policy } from '../support/builders/objects.ts';
import { ReconcilerStage } from './support/reconciler-stage.ts';
import { pino } from 'pino';

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
    const reports = new Reports(pino({}, { write: (line: string) => lines.push(line) }));
    for (const reason of ['macvlan', 'macvlan', 'loopback', undefined, 'loopback'])
      reports.unenforced(new Map(reason === undefined ? [] : [['shop/web', reason]]));
    expect(lines.map((line) => (JSON.parse(line) as { reason: string }).reason)).toEqual(['macvlan', 'loopback', 'loopback']);
  });
});
