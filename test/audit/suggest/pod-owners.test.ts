import { describe, expect, it } from 'vitest';
import { PodOwners } from '../../../src/audit/suggest/pod-owners.ts';
import { PodGroups } from '../../../src/audit/suggest/pod-groups.ts';
import { podManifest, readStdin, workloadManifest } from '../input/input-support.ts';

const MANIFESTS = [
  workloadManifest('Deployment', 'shop/web'),
  workloadManifest('Deployment', 'shop/web-api'),
  workloadManifest('DaemonSet', 'shop/log'),
  workloadManifest('StatefulSet', 'shop/db'),
  workloadManifest('CronJob', 'shop/tidy'),
  workloadManifest('Job', 'shop/twin'),
  workloadManifest('DaemonSet', 'shop/twin'),
].join('');

describe('the workload of a pod', () => {
  it.each([
    ['shop/web-5d8f7c9b4-x7k2p', 'Deployment web'],
    ['shop/web-api-5d8f7c9b4-x7k2p', 'Deployment web-api'],
    ['shop/log-x7k2p', 'DaemonSet log'],
    ['shop/db-0', 'StatefulSet db'],
    ['shop/tidy-29112345-x7k2p', 'CronJob tidy'],
    // As some labs call them.
    ['shop/web', 'Deployment web'],
  ])('is known by the name that its maker gave it: %s', async (pod, expected) => {
    const workload = new PodOwners(await readStdin(MANIFESTS)).ofPod(pod);
    expect(`${workload?.kind} ${workload?.name}`).toBe(expected);
  });

  it.each(['bank/web-5d8f7c9b4-x7k2p', 'shop/web-new', 'shop/db-x', 'shop/other', 'shop/twin-x7k2p', 'interface 7', 'shop/log-aeiou'])(
    'is not guessed where nothing fits, or more than one thing: %s',
    async (pod) => {
      expect(new PodOwners(await readStdin(MANIFESTS)).ofPod(pod)).toBeUndefined();
    },
  );

  it('is what the input says of a pod that it holds', async () => {
    const input = await readStdin(MANIFESTS + podManifest('shop/odd', 'DaemonSet log', { app: 'log' }));
    expect(new PodOwners(input).ofPod('shop/odd')?.name).toBe('log');
  });
});

describe('workloads that a policy can select', () => {
  it('are selected without labels of one revision, and without those of a release where others tell them apart', async () => {
    const labels = { app: 'web', 'pod-template-hash': '5d8f', 'helm.sh/chart': 'web-1.2.3', 'app.kubernetes.io/version': '7' };
    const [group] = new PodGroups(await readStdin(podManifest('shop/web', undefined, labels))).all;
    expect(group!.labels).toEqual({ app: 'web' });
  });

  it('keep labels of a release where nothing else tells them apart', async () => {
    const version = (name: string, value: string): string =>
      podManifest(`shop/${name}`, undefined, { app: 'web', 'app.kubernetes.io/version': value });
    const { all } = new PodGroups(await readStdin(version('old', '1') + version('new', '2')));
    expect(all.map(({ labels }) => labels['app.kubernetes.io/version'])).toEqual(['2', '1']);
  });

  it('are one where their labels are the same, and name those that they cannot be told from', async () => {
    const pods = [podManifest('shop/b', undefined, { app: 'x' }), podManifest('shop/a', undefined, { app: 'x' })];
    const more = podManifest('shop/c', undefined, { app: 'x', track: 'canary' });
    const { all } = new PodGroups(await readStdin([...pods, more].join('')));
    expect(all.map(({ workloads, others }) => [workloads, others].map((list) => list.map(({ name }) => name)))).toEqual([
      [['a', 'b'], ['c']],
      [['c'], []],
    ]);
  });

  it('name running pods that their template does not describe', async () => {
    const input = await readStdin(
      workloadManifest('DaemonSet', 'shop/log') + podManifest('shop/log-x7k2p', 'DaemonSet log', { app: 'old' }),
    );
    expect(new PodGroups(input).all[0]!.strays).toEqual(['log-x7k2p']);
  });
});
