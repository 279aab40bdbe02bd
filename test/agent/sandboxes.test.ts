/** What the container runtime says of local pods counts before the API server's word, for enforcement and for who owns an address. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/model/ip.ts';
import { type ClusterObject, MIRROR_ANNOTATION, type Pod } from '../../src/model/objects.ts';
import type { Sandbox } from '../../src/model/sandbox.ts';
import type { PodOptions } from '../support/builders/manifests.ts';
import { namespace, pod, policy } from '../support/builders/objects.ts';
import { ReconcilerStage } from './support/reconciler-stage.ts';

const [WEB, FRIEND, OTHER] = ['10.1.0.2', '10.1.0.3', '10.1.0.4'];
const POLICY = policy('shop/web', {
  podSelector: { matchLabels: { app: 'web' } },
  ingress: [{ from: [{ podSelector: { matchLabels: { app: 'friend' } } }] }],
});

function local(name: string, addresses: readonly string[], options: PodOptions = {}): Pod {
  return pod(`shop/${name}`, { node: 'node-1', addresses, labels: { app: name }, uid: `uid-${name}`, ...options });
}

function sandbox(name: string, addresses: readonly string[], more: Partial<Sandbox> = {}): Sandbox {
  return { namespace: 'shop', name, uid: `uid-${name}`, createdAt: 1, addresses: addresses.map(parseAddress), ...more };
}

describe('sandboxes of local pods', () => {
  let stage: ReconcilerStage;

  beforeEach(() => {
    stage = new ReconcilerStage({ [WEB]: 12, [FRIEND]: 13, [OTHER]: 14 });
  });
  afterEach(() => stage[Symbol.dispose]());

  function say(...sandboxes: readonly Sandbox[]): void {
    stage.reconciler.sandboxesChanged(sandboxes);
    stage.reconciler.flush();
  }

  function tell(...objects: readonly ClusterObject[]): void {
    stage.tell(...objects);
    stage.reconciler.flush();
  }

  function ownerOf(address: string): string | undefined {
    return stage.compiler.cluster.ownerOf(parseAddress(address));
  }

  it('give their pods interface and policy before the API server tells an address', () => {
    stage.start(namespace('shop'), POLICY, local('web', []), local('friend', []));
    expect(stage.datapath.attached().size).toBe(0);
    say(sandbox('web', [WEB]), sandbox('friend', [FRIEND]));
    expect([...stage.datapath.attached()]).toEqual([12, 13]);
    expect([stage.judge(12, FRIEND), stage.judge(12, OTHER)]).toEqual(['allow', 'deny']);
    tell(local('web', [WEB]), local('friend', [FRIEND]));
    expect([stage.judge(12, FRIEND), stage.judge(12, OTHER)]).toEqual(['allow', 'deny']);
  });

  it('may be told before their pods', () => {
    stage.start(namespace('shop'), POLICY);
    say(sandbox('web', [WEB]));
    tell(local('web', []));
    expect([...stage.datapath.attached()]).toEqual([12]);
  });

  it('are right where the API server says something else', () => {
    stage.start(namespace('shop'), POLICY, local('web', [OTHER]), local('friend', [FRIEND]));
    say(sandbox('web', [WEB]));
    expect([ownerOf(WEB), ownerOf(OTHER)]).toEqual(['shop/web', undefined]);
    tell(local('web', [OTHER]));
    expect([ownerOf(WEB), ownerOf(OTHER)]).toEqual(['shop/web', undefined]);
  });

  it('free what they had when they end, whatever the API server goes on saying', () => {
    stage.start(namespace('shop'), POLICY, local('web', [WEB]));
    say(sandbox('web', [WEB]));
    say(sandbox('web', []));
    expect(ownerOf(WEB)).toBeUndefined();
    tell(local('web', [WEB], { labels: { app: 'friend' } }));
    expect(ownerOf(WEB)).toBeUndefined();
    say();
    expect(ownerOf(WEB)).toBeUndefined();
    say(sandbox('web', [OTHER], { createdAt: 2 }));
    expect([ownerOf(WEB), ownerOf(OTHER)]).toEqual([undefined, 'shop/web']);
  });

  it('free what they had when they are removed before they were seen to end', () => {
    stage.start(namespace('shop'), POLICY, local('web', [WEB]));
    say(sandbox('web', [WEB]));
    say();
    expect(ownerOf(WEB)).toBeUndefined();
  });

  it('give an address to the pod that has it now, and the late word of its first owner changes nothing', () => {
    stage.start(namespace('shop'), POLICY, local('web', [WEB]), local('friend', []));
    say(sandbox('web', [WEB]));
    say(sandbox('web', []), sandbox('friend', [WEB], { createdAt: 2 }));
    expect(ownerOf(WEB)).toBe('shop/friend');
    tell(local('web', [WEB], { terminating: true }));
    stage.events({ type: 'delete', kind: 'Pod', key: 'shop/web' });
    expect(ownerOf(WEB)).toBe('shop/friend');
  });

  it('of which several are listed count by the newest that lives', () => {
    stage.start(namespace('shop'), local('web', []));
    say(sandbox('web', [], { createdAt: 3 }), sandbox('web', [WEB], { createdAt: 1 }), sandbox('web', [OTHER], { createdAt: 2 }));
    expect([ownerOf(WEB), ownerOf(OTHER)]).toEqual([undefined, 'shop/web']);
  });

  it('that were never seen take nothing away', () => {
    stage.start(namespace('shop'), local('web', [WEB]));
    say(sandbox('friend', [FRIEND]));
    say();
    expect(ownerOf(WEB)).toBe('shop/web');
  });

  it('of another pod of that name say nothing', () => {
    stage.start(namespace('shop'), local('web', [WEB]));
    say(sandbox('web', [], { uid: 'an earlier one' }));
    expect(ownerOf(WEB)).toBe('shop/web');
    say(sandbox('web', [WEB]));
    tell(local('web', [], { uid: 'a later one' }));
    expect(ownerOf(WEB)).toBeUndefined();
    say(sandbox('web', [WEB]), sandbox('web', [OTHER], { uid: 'a later one', createdAt: 2 }));
    expect([ownerOf(WEB), ownerOf(OTHER)]).toEqual([undefined, 'shop/web']);
  });

  it('of static pods are known by the uid of their file, and no other pod can borrow it', () => {
    stage.start(
      namespace('shop'),
      local('web', [], { annotations: { [MIRROR_ANNOTATION]: 'of a file' } }),
      local('friend', [], { annotations: { [MIRROR_ANNOTATION]: 'of a file' } }),
    );
    say(sandbox('web', [WEB], { uid: 'of a file' }));
    expect(ownerOf(WEB)).toBe('shop/web');
    expect(stage.compiler.cluster.pods.get('shop/friend')?.addresses).toEqual([]);
  });

  it('leave pods of the host network, and what has ended, alone', () => {
    stage.start(namespace('shop'), local('web', [OTHER], { hostNetwork: true }), local('friend', [FRIEND], { phase: 'Succeeded' }));
    say(sandbox('web', [WEB]), sandbox('friend', [FRIEND]));
    expect([ownerOf(WEB), ownerOf(FRIEND)]).toEqual([undefined, undefined]);
  });

  it('that nobody knows of any more leave the word to the API server', () => {
    stage.start(namespace('shop'), local('web', [OTHER]), local('friend', [FRIEND]));
    say(sandbox('web', [WEB]), sandbox('friend', []));
    stage.reconciler.sandboxesChanged(undefined);
    expect([ownerOf(WEB), ownerOf(OTHER), ownerOf(FRIEND)]).toEqual([undefined, 'shop/web', 'shop/friend']);
  });
});
