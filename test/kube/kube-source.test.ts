/** The source of the API server: complete, quick to see changes, and unmoved by whatever servers and connections do. */

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { podManifest, type Manifest } from '../support/builders/manifests.ts';
import { eventually, Listener } from './support/listener.ts';

const NAMESPACE: Manifest = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };

function pod(name: string, mark = ''): Manifest {
  return podManifest(`shop/${name}`, { labels: { mark }, addresses: ['10.1.0.1'], node: 'node-1' });
}

const isPodWatch = ({ path, watch }: { path: string; watch: boolean }): boolean => watch && path.endsWith('/pods');

describe('a cluster by its API server', () => {
  it('is told whole before it counts as synced, in pages of one version', async () => {
    await using listener = new Listener();
    listener.server.put(NAMESPACE);
    for (let index = 0; index < 25; index += 1) listener.server.put(pod(`web-${index}`));
    await listener.start({ pageSize: 10 });
    await listener.agree();
    expect(listener.told.size).toBe(26);
    const pages = listener.server.requests.filter(({ path, query }) => path.endsWith('/pods') && !query.has('watch'));
    expect(pages.map(({ query }) => query.get('limit'))).toEqual(['10', '10', '10']);
    expect(listener.source.healthy).toBe(true);
    expect(listener.source.details['pods']).toMatchObject({ objects: 25, lists: 1 });
  });

  it('is not synced while one resource may not be listed, and says which and how to mend it', async () => {
    await using listener = new Listener();
    listener.server.misbehave(({ path }) =>
      path.endsWith('/networkpolicies') ? { kind: 'refuse', status: 403, message: 'forbidden to system:anonymous' } : undefined,
    );
    await listener.start();
    await eventually(
      () => listener.problems.length > 0 && listener.source.details['pods']?.state === 'watching',
      () => 'no problem was told',
    );
    expect(listener.synced).toBe(0);
    expect(listener.source.healthy).toBe(false);
    expect(listener.problems[0]).toMatchObject({ code: 'E_KUBE_FORBIDDEN', message: expect.stringContaining('networkpolicies') });
    expect(listener.problems[0]?.mend).toContain('grant list and watch on networkpolicies (API group "networking.k8s.io")');
    listener.server.misbehave();
    await listener.agree();
    expect(listener.problems).toHaveLength(1);
  });

  it('tells changes as they come', async () => {
    await using listener = new Listener();
    await listener.start();
    await listener.agree();
    listener.server.put(pod('web', 'one'));
    await listener.agree();
    listener.server.put(pod('web', 'two'));
    await listener.agree();
    listener.server.remove(pod('web'));
    await listener.agree();
    expect(listener.calls.flat().map(({ type }) => type)).toEqual(['upsert', 'upsert', 'delete']);
  });

  it('goes on from the last bookmark where the watch ended, without a new list', async () => {
    await using listener = new Listener();
    await listener.start();
    await listener.agree();
    await eventually(
      () => listener.source.details['pods']?.state === 'watching',
      () => 'no watch began',
    );
    for (let index = 0; index < 5; index += 1) listener.server.put({ ...NAMESPACE, metadata: { name: `other-${index}` } });
    listener.server.bookmark();
    await eventually(
      () => Number(listener.source.details['pods']?.version) >= 6,
      () => 'the bookmark was not heard',
    );
    listener.server.compact();
    listener.server.endWatches();
    listener.server.put(pod('web'));
    await listener.agree();
    expect(listener.source.details['pods']?.lists).toBe(1);
  });

  it.for([
    ['is refused with 410', (listener: Listener) => listener.server.endWatches()],
    ['is told so in the watch', (listener: Listener) => listener.server.expireWatches()],
  ] as const)('is listed anew where the version is forgotten and that %s: what went meanwhile is taken away', async ([, end]) => {
    await using listener = new Listener();
    for (const name of ['stays', 'goes', 'changes']) listener.server.put(pod(name, 'one'));
    await listener.start();
    await listener.agree();
    const before = listener.calls.length;
    listener.server.misbehave(() => ({ kind: 'refuse', status: 503, message: 'starting' }));
    end(listener);
    listener.server.remove(pod('goes'));
    listener.server.put(pod('changes', 'two'));
    listener.server.put(pod('comes', 'one'));
    listener.server.compact();
    listener.server.misbehave();
    await listener.agree();
    const told = listener.calls.slice(before).flat();
    expect(told.map((event) => (event.type === 'delete' ? `delete ${event.key}` : event.object.name)).toSorted()).toEqual([
      'changes',
      'comes',
      'delete shop/goes',
    ]);
  });

  it('loses nothing where connections break in the middle of a line', async () => {
    await using listener = new Listener();
    await listener.start();
    await listener.agree();
    for (let round = 0; round < 10; round += 1) {
      listener.server.put(pod(`web-${round}`, String(round)));
      listener.server.endWatches(true);
    }
    await listener.agree();
  });

  it('is listed anew where watches end at once again and again, whatever the server means by it', async () => {
    await using listener = new Listener();
    await listener.start();
    await listener.agree();
    listener.server.misbehave((request) => (isPodWatch(request) ? { kind: 'instant end' } : undefined));
    listener.server.endWatches();
    listener.server.put(pod('web'));
    await listener.agree();
    expect(listener.source.details['pods']?.lists).toBeGreaterThan(1);
  });

  it('is asked again where a server falls silent', async () => {
    await using listener = new Listener();
    await listener.start({ idleMs: 100 });
    await listener.agree();
    listener.server.misbehave((request) => (isPodWatch(request) ? { kind: 'silence' } : undefined));
    listener.server.endWatches();
    await sleep(20);
    listener.server.put(pod('web'));
    listener.server.misbehave();
    await listener.agree();
  });

  it('stays as it was while the server is away, and is unhealthy until it is heard again', async () => {
    await using listener = new Listener();
    listener.server.put(pod('web'));
    await listener.start();
    await listener.agree();
    listener.server.misbehave(() => ({ kind: 'break' }));
    listener.server.endWatches(true);
    await eventually(
      () => !listener.source.healthy,
      () => 'nothing was noticed',
    );
    expect(listener.told.has('Pod shop/web')).toBe(true);
    listener.server.misbehave();
    await eventually(
      () => listener.source.problems.length === 0,
      () => listener.source.problems.join('\n'),
    );
    await listener.agree();
    expect(new Set(listener.problems.map(({ code }) => code))).toEqual(new Set(['E_KUBE_CONNECTION']));
  });

  it('keeps the last version of an object that can be decoded, and names the field that cannot', async () => {
    await using listener = new Listener();
    listener.server.put(pod('web', 'one'));
    await listener.start();
    await listener.agree();
    listener.server.put({ ...pod('web', 'two'), status: { podIPs: [{ ip: '10.1.0.300' }] } });
    await eventually(
      () => listener.problems.length > 0,
      () => 'no problem was told',
    );
    expect(listener.problems[0]).toMatchObject({ code: 'E_OBJECT_FIELD', at: { object: 'Pod shop/web', field: 'status.podIPs[0].ip' } });
    expect(listener.told.get('Pod shop/web')).toMatchObject({ labels: { mark: 'one' } });
    expect(listener.source.healthy).toBe(false);
    listener.server.put(pod('web', 'three'));
    await listener.agree();
    expect(listener.source.healthy).toBe(true);
  });

  it('shares the labels of pods that have the same', async () => {
    await using listener = new Listener();
    for (const name of ['a', 'b']) listener.server.put(pod(name, 'same'));
    await listener.start();
    await listener.agree();
    const [a, b] = ['a', 'b'].map((name) => listener.told.get(`Pod shop/${name}`));
    expect(a !== undefined && b !== undefined && 'labels' in a && 'labels' in b && a.labels === b.labels).toBe(true);
  });
});
