/** What the conformance tables cannot say of the oracle: its reasons, protocols by number, and who is taken for the own node. */

import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../src/model/ip.ts';
import type { Pod } from '../../../src/model/objects.ts';
import type { PodOptions } from '../builders/manifests.ts';
import { namespace, node, pod, policy } from '../builders/objects.ts';
import { createOracle, ownerOf } from './judge.ts';
import type { Flow } from './world.ts';

const web = pod('shop/web', { labels: { app: 'web' }, node: 'node-1', addresses: ['10.0.1.2'] });
const db = pod('shop/db', { labels: { app: 'db' }, node: 'node-1', addresses: ['10.0.1.3'] });
const world = {
  pods: [web, db],
  namespaces: [namespace('shop')],
  nodes: [node('node-1', ['10.9.0.1']), node('node-2', ['10.9.0.2'])],
  policies: [
    policy('shop/deny', { podSelector: {} }),
    policy('shop/db', { podSelector: { matchLabels: { app: 'db' } }, ingress: [{ ports: [{ port: 80 }] }, { ports: [{ port: 5432 }] }] }),
  ],
};
const judge = createOracle(world);

function flow(source: string, destination: string, rest: Partial<Flow> = {}): Flow {
  return { source: parseAddress(source), destination: parseAddress(destination), protocol: 'TCP', port: 5432, ...rest };
}

function at(name: string, startedAt: number, more: PodOptions = {}): Pod {
  return pod(`shop/${name}`, { uid: name, addresses: ['10.0.1.9'], startedAt, ...more });
}

function owner(...pods: readonly Pod[]): string | undefined {
  return ownerOf({ pods }, parseAddress('10.0.1.9'))?.name;
}

describe('the oracle', () => {
  it('says which rule of which policy allows', () => {
    const judgement = judge(flow('10.0.1.2', '10.0.1.3'));
    expect(judgement).toMatchObject({ egress: 'not-isolated', ingress: 'allow', allowed: true });
    expect(judgement.because).toEqual([{ direction: 'ingress', policy: 'shop/db', rule: 1, text: 'allows it' }]);
  });

  it('names every policy that isolates, where none allows', () => {
    const judgement = judge(flow('10.0.1.2', '10.0.1.3', { port: 22 }));
    expect(judgement).toMatchObject({ ingress: 'deny', allowed: false });
    expect(judgement.because.map(({ policy: key }) => key)).toEqual(['shop/deny', 'shop/db']);
  });

  it('knows protocols by number too', () => {
    expect(judge(flow('10.0.1.2', '10.0.1.3', { protocol: 6 })).ingress).toBe('allow');
    expect(judge(flow('10.0.1.2', '10.0.1.3', { protocol: 17 })).ingress).toBe('deny');
    expect(judge({ ...flow('10.0.1.2', '10.0.1.3', { protocol: 1 }) }).ingress).toBe('deny');
  });

  it('takes nobody for the own node but the own node: by origin and by address', () => {
    expect(judge(flow('10.9.0.1', '10.0.1.2', { sourceIsLocalNode: true })).ingress).toBe('allow');
    expect(judge(flow('10.9.0.1', '10.0.1.2')).ingress).toBe('deny');
    expect(judge(flow('10.9.0.2', '10.0.1.2', { sourceIsLocalNode: true })).ingress).toBe('deny');
    expect(judge(flow('203.0.113.1', '10.0.1.2', { sourceIsLocalNode: true })).ingress).toBe('deny');
  });

  it('gives an address to the newest pod that has not ended, and by uid where two started together', () => {
    expect(owner(at('a', 1), at('b', 2))).toBe('b');
    expect(owner(at('b', 2), at('a', 1))).toBe('b');
    expect(owner(at('a', 1), at('b', 2, { phase: 'Failed' }))).toBe('a');
    expect(owner(at('a', 1), at('b', 2, { hostNetwork: true }))).toBe('a');
    expect(owner(at('b', 1), at('a', 1))).toBe('b');
    expect(owner()).toBeUndefined();
  });
});
