/** What apply, delete and held connections do in a lab that stands. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lab } from '../../src/lab/lab.ts';
import { needsKernel } from '../support/requires.ts';
import { everyProbe, failedProbes, leftoversOf, podManifest } from './lab-support.ts';

const NAME = 'testchanges';

describe('a lab that stands', needsKernel, () => {
  let lab: Lab;
  beforeAll(async () => {
    await Lab.remove(NAME);
    lab = await Lab.up({ name: NAME, objects: [podManifest('x/a'), podManifest('x/b')], enforce: false });
  });
  afterAll(async () => {
    await Lab.remove(NAME);
  });

  test('takes in new pods, with their namespaces, and gives their addresses back', async () => {
    await lab.apply([podManifest('new/c'), podManifest('new/d')]);
    expect(lab.pods()).toHaveLength(4);
    expect(lab.objects().filter((object) => object['kind'] === 'Namespace')).toContainEqual(
      expect.objectContaining({ metadata: expect.objectContaining({ name: 'new', labels: { 'kubernetes.io/metadata.name': 'new' } }) }),
    );
    expect(await failedProbes(lab, everyProbe(lab))).toEqual([]);
    const { node } = lab.pods()[2] ?? {};
    await lab.delete([{ kind: 'Namespace', metadata: { name: 'new' } }]);
    expect(lab.pods().map((pod) => pod.key)).toEqual(['x/a', 'x/b']);
    const leases = await lab.nodeExec(node ?? '', ['ip', '-br', 'link', 'show', 'type', 'veth']);
    expect(leases.stdout.trim().split('\n')).toHaveLength(2);
    expect(leftoversOf(NAME).namespaces).toHaveLength(5);
  });

  test('changes labels and ports of a pod in place', async () => {
    const before = lab.podAddress('x/b', 4);
    await lab.apply([podManifest('x/b', { labels: { tier: 'new' }, ports: [{ protocol: 'TCP', port: 8080 }] })]);
    expect(lab.podAddress('x/b', 4)).toBe(before);
    const pod = lab.objects().find((object) => object['kind'] === 'Pod' && (object['metadata'] as { name: string }).name === 'b');
    expect(pod).toMatchObject({ metadata: { labels: { pod: 'b', tier: 'new' } }, status: { phase: 'Running' } });
    const [old, current] = await lab.probe([80, 8080].map((port) => ({ from: 'x/a', to: 'x/b', protocol: 'TCP' as const, port })));
    expect([old?.outcome, current?.outcome]).toEqual(['refused', 'open']);
    await expect(lab.apply([podManifest('x/b', { spec: { hostNetwork: true } })])).rejects.toMatchObject({ code: 'E_LAB_IMMUTABLE' });
    await lab.apply([podManifest('x/b')]);
  });

  test("keeps an object's uid and age when it is applied again", async () => {
    const policy = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'deny', namespace: 'x' },
      spec: { podSelector: {} },
    };
    const find = (): unknown => lab.objects().find((object) => object['kind'] === 'NetworkPolicy')?.['metadata'];
    await lab.apply([policy]);
    const first = find();
    await lab.apply([{ ...policy, spec: { podSelector: {}, policyTypes: ['Egress'] } }]);
    expect(find()).toEqual(first);
    await lab.delete([policy, policy]);
    expect(find()).toBeUndefined();
  });

  test('is found again by another process', async () => {
    const again = await Lab.open(NAME);
    expect(again.pods()).toEqual(lab.pods());
    expect(again.objects()).toHaveLength(lab.objects().length);
    expect(await failedProbes(again, everyProbe(again))).toEqual([]);
  });

  test('holds a connection open and sees when its packets are lost', async () => {
    const id = await lab.hold({ from: 'x/a', to: 'x/b', port: 80 });
    await sleep(300);
    const [held] = await lab.held('x/a');
    expect(held).toMatchObject({ id, alive: true });
    expect(held?.echoes).toBeGreaterThan(0);
    await lab.exec('x/b', ['ip', 'link', 'set', 'eth0', 'down']);
    await sleep(600);
    const [silent] = await lab.held('x/a');
    expect(silent).toMatchObject({ id, alive: true });
    expect(silent?.silentMs).toBeGreaterThan(400);
    await lab.release('x/a', id);
    expect(await lab.held('x/a')).toEqual([]);
    await expect(lab.hold({ from: 'x/a', to: 'x/b', port: 80 })).rejects.toMatchObject({ code: 'E_LAB_POD' });
  });
});
