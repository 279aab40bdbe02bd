/** Which workloads an input has, and whose pods are whose. */

import { describe, expect, it } from 'vitest';
import { codesOf, describeWorkload, podManifest, readFile, readStdin, workloadManifest } from './input-support.ts';

const workloadsOf = async (text: string) => (await readStdin(text)).workloads.map(describeWorkload);

describe('a template stands for pods', () => {
  it.each(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ReplicationController', 'Job', 'CronJob'])(
    'of a %s, with labels, place and no pods yet',
    async (kind) => {
      const { workloads, problems, objects } = await readFile('a.yaml', `# first\n---\n${workloadManifest(kind, 'shop/web')}`);
      expect(problems).toEqual([]);
      expect(objects).toEqual([]);
      expect(workloads).toMatchObject([
        {
          kind,
          namespace: 'shop',
          name: 'web',
          labels: { app: 'web' },
          hostNetwork: false,
          active: true,
          pods: [],
          at: { line: 3, column: 1 },
        },
      ]);
      expect(workloads[0]!.at.object).toBe(`${kind} shop/web`);
    },
  );

  it('with the ports of its containers and native sidecars, and not of its other init containers', async () => {
    const template = {
      metadata: { labels: { app: 'web' } },
      spec: {
        hostNetwork: true,
        containers: [
          { ports: [{ name: 'http', containerPort: 8080 }] },
          { ports: [{ containerPort: 53, protocol: 'UDP', hostPort: 5353 }] },
        ],
        initContainers: [{ ports: [{ containerPort: 1 }] }, { restartPolicy: 'Always', ports: [{ containerPort: 15090 }] }],
      },
    };
    const { workloads } = await readStdin(workloadManifest('Deployment', 'shop/web', { template }));
    expect(workloads[0]).toMatchObject({
      hostNetwork: true,
      ports: [
        { name: 'http', port: 8080, protocol: 'TCP' },
        { port: 53, protocol: 'UDP', hostPort: 5353 },
        { port: 15090, protocol: 'TCP' },
      ],
    });
  });

  it.each([
    ['Deployment', { replicas: 0 }],
    ['StatefulSet', { replicas: 0 }],
    ['Job', { suspend: true }],
    ['Job', { parallelism: 0 }],
    ['CronJob', { suspend: true }],
  ])('that may come later, of a %s with %j', async (kind, extra) => {
    expect(await workloadsOf(workloadManifest(kind, 'shop/web', extra))).toEqual([`${kind} shop/web (inactive)`]);
  });

  it('of a Job that has ended no more', async () => {
    const job = JSON.parse(workloadManifest('Job', 'shop/once').split('\n')[0]!) as object;
    const text = JSON.stringify({ ...job, status: { conditions: [{ type: 'Complete', status: 'True' }] } });
    expect(await workloadsOf(text)).toEqual(['Job shop/once (inactive)']);
  });

  it('of older versions too, and not of other projects that use the name', async () => {
    const old = workloadManifest('Deployment', 'shop/old').replace('apps/v1', 'extensions/v1beta1');
    const foreign = workloadManifest('Job', 'shop/foreign').replace('batch/v1', 'batch.volcano.sh/v1alpha1');
    const input = await readStdin(old + foreign);
    expect(input.workloads.map(describeWorkload)).toEqual(['Deployment shop/old']);
    expect(input.passedOver).toEqual({ documents: 0, kinds: { Job: 1 } });
  });

  it('whose names the API server would make', async () => {
    const text = workloadManifest('Job', 'shop/x').replace('"name":"x"', '"generateName":"migrate-"');
    expect(await workloadsOf(text + text.replace('Always', 'Never'))).toEqual(['Job shop/migrate-xxxxx', 'Job shop/migrate-xxxx2']);
  });

  it.each([
    [
      'ports that are no list',
      { template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ ports: 80 }] } } },
      'E_OBJECT_FIELD:1',
    ],
    ['replicas that are no number', { replicas: '3' }, 'E_OBJECT_FIELD:1'],
    ['a label key that is none', { template: { metadata: { labels: { 'a b': 'c' } } } }, 'E_OBJECT_FIELD:1'],
    ['a label value that is none', { template: { metadata: { labels: { a: 'b c' } } } }, 'E_OBJECT_FIELD:1'],
    ['a label that is a number', { template: { metadata: { labels: { a: 1 } } } }, 'E_OBJECT_FIELD:1'],
  ])('and is a problem with %s', async (_what, extra, code) => {
    const input = await readStdin(workloadManifest('Deployment', 'shop/web', extra));
    expect(codesOf(input)).toEqual([code]);
    expect(input.problems[0]!.at.object).toBe('Deployment shop/web');
  });

  it('and is a problem where the letters of its kind are', async () => {
    const { problems } = await readStdin(workloadManifest('Deployment', 'shop/web').replace('"Deployment"', '"deployment"'));
    expect(problems).toMatchObject([{ code: 'E_OBJECT_KIND', mend: 'write Deployment' }]);
  });
});

const HASH = { app: 'web', 'pod-template-hash': '5d8f9c' };

describe('a pod that runs', () => {
  it('is its Deployment’s, by its ReplicaSet', async () => {
    const text =
      workloadManifest('Deployment', 'shop/web') +
      workloadManifest('ReplicaSet', 'shop/web-5d8f9c', {}, 'Deployment web') +
      workloadManifest('ReplicaSet', 'shop/web-000000', { replicas: 0 }, 'Deployment web') +
      podManifest('shop/web-5d8f9c-a', 'ReplicaSet web-5d8f9c', HASH) +
      podManifest('shop/web-5d8f9c-b', 'ReplicaSet web-5d8f9c', HASH);
    expect(await workloadsOf(text)).toEqual(['Deployment shop/web: web-5d8f9c-a web-5d8f9c-b']);
  });

  it('is its Deployment’s, by the hash of its template', async () => {
    const text = workloadManifest('Deployment', 'shop/web') + podManifest('shop/web-5d8f9c-a', 'ReplicaSet web-5d8f9c', HASH);
    expect(await workloadsOf(text)).toEqual(['Deployment shop/web: web-5d8f9c-a']);
  });

  it('is of a workload that is not in the input, with the labels that its pods have in common', async () => {
    const text =
      podManifest('shop/web-5d8f9c-a', 'ReplicaSet web-5d8f9c', { ...HASH, color: 'red' }) +
      podManifest('shop/web-5d8f9c-b', 'ReplicaSet web-5d8f9c', { ...HASH, color: 'blue' });
    const { workloads } = await readStdin(text);
    expect(workloads.map(describeWorkload)).toEqual(['Deployment shop/web: web-5d8f9c-a web-5d8f9c-b']);
    expect(workloads[0]).toMatchObject({ labels: { app: 'web' }, at: { file: '<stdin>', line: 1, object: 'Deployment shop/web' } });
  });

  it('is of a ReplicaSet that nobody made', async () => {
    const text = workloadManifest('ReplicaSet', 'shop/solo') + podManifest('shop/solo-a', 'ReplicaSet solo', { app: 'solo' });
    expect(await workloadsOf(text)).toEqual(['ReplicaSet shop/solo: solo-a']);
  });

  it.each([
    ['its Job', workloadManifest('Job', 'shop/backup-28933440', {}, 'CronJob backup')],
    ['the name of its Job', ''],
  ])('is its CronJob’s, by %s', async (_by, job) => {
    const text = workloadManifest('CronJob', 'shop/backup') + job + podManifest('shop/backup-28933440-x', 'Job backup-28933440');
    expect(await workloadsOf(text)).toEqual(['CronJob shop/backup: backup-28933440-x']);
  });

  it('is its Job’s where the number at the end is a date', async () => {
    expect(await workloadsOf(podManifest('shop/m-x', 'Job migrate-20260131'))).toEqual(['Job shop/migrate-20260131: m-x']);
  });

  it('stands for itself where nobody made it, or a controller that is not known, or its node', async () => {
    const text = podManifest('shop/bare') + podManifest('shop/clone', 'CloneSet c') + podManifest('kube-system/proxy', 'Node n1');
    expect(await workloadsOf(text)).toEqual(['Pod shop/bare: bare', 'Pod shop/clone: clone', 'Pod kube-system/proxy: proxy']);
  });

  it('makes a workload active that is scaled to nothing, until it is gone', async () => {
    const none = workloadManifest('Deployment', 'shop/web', { replicas: 0 });
    const pod = (phase: string) => podManifest('shop/web-5d8f9c-a', 'ReplicaSet web-5d8f9c', HASH, phase);
    expect(await workloadsOf(none + pod('Running'))).toEqual(['Deployment shop/web: web-5d8f9c-a']);
    expect(await workloadsOf(none + pod('Succeeded'))).toEqual(['Deployment shop/web (inactive)']);
  });

  it('is not of a workload of the same name in another namespace', async () => {
    const text = workloadManifest('StatefulSet', 'shop/db') + podManifest('other/db-0', 'StatefulSet db');
    expect(await workloadsOf(text)).toEqual(['StatefulSet shop/db', 'StatefulSet other/db: db-0']);
  });
});

describe('pods with one address', () => {
  const pod = (name: string, status: string, spec = ''): string =>
    `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name}, namespace: shop }\nspec: { ${spec}containers: [{ name: c, image: i }] }\nstatus: { phase: Running, ${status} }\n---\n`;

  it('are a problem at the later one', async () => {
    const { problems } = await readFile('a.yaml', pod('a', 'podIP: 10.0.0.1') + pod('b', 'podIPs: [{ ip: 10.0.0.1 }, { ip: "fd00::1" }]'));
    expect(problems).toMatchObject([{ code: 'E_POD_ADDRESS', at: { line: 7, object: 'Pod shop/b' } }]);
    expect(problems[0]!.message).toContain('10.0.0.1 is that of Pod shop/a, too');
  });

  it.each([
    ['another one', pod('b', 'podIP: 10.0.0.2')],
    ['one that has ended', pod('b', 'podIP: 10.0.0.1').replace('Running', 'Succeeded')],
    ['one on the host’s network', pod('b', 'podIP: 10.0.0.1', 'hostNetwork: true, ')],
    ['one that ends', pod('b', 'podIP: 10.0.0.1').replace('name: b,', 'name: b, deletionTimestamp: "2026-01-01T00:00:00Z",')],
  ])('are none beside %s', async (_what, other) => {
    expect((await readFile('a.yaml', pod('a', 'podIP: 10.0.0.1') + other)).problems).toEqual([]);
  });
});
