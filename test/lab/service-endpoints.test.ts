/** Which endpoints a Service of the lab has: pods that come, go, are not ready or end, named ports, slices by hand, host ports. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lab } from '../../src/lab/lab.ts';
import { OUTSIDE_ANNOTATION } from '../../src/lab/objects/raw-object.ts';
import type { ProbeRequest, RawObject } from '../../src/lab/types.ts';
import { needsKernel } from '../support/requires.ts';
import { podManifest } from './lab-support.ts';
import { answersOf, everyWay, serviceManifest, toService } from './service-support.ts';

const NAME = 'testendpoints';

/** As `podManifest`; `ready` false: its readiness probe fails, `terminating`: it is being deleted. */
function backend(key: string, { ready = true, terminating = false, app = 'web' } = {}): RawObject {
  const pod = podManifest(key, { labels: { app } });
  const metadata = { ...(pod['metadata'] as object), ...(terminating ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) };
  return { ...pod, metadata, status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] } };
}

describe('a Service of the lab', needsKernel, () => {
  let lab: Lab;
  beforeAll(async () => {
    await Lab.remove(NAME);
    const objects = [
      backend('x/a'),
      backend('x/b'),
      podManifest('y/client'),
      podManifest('out/far', { annotations: { [OUTSIDE_ANNOTATION]: '66' } }),
      serviceManifest('x/web', { selector: { app: 'web' } }),
    ];
    lab = await Lab.up({ name: NAME, objects, nodes: 2, enforce: false });
  });
  afterAll(async () => {
    await Lab.remove(NAME);
  });

  const answers = (target: string): Promise<readonly string[]> => answersOf(lab, everyWay('y/client', { service: target }, 20));

  test('has the pods that its selector selects, as they come and go', async () => {
    expect(await answers('x/web')).toEqual(['x/a', 'x/b']);
    await lab.apply([backend('x/c'), backend('x/b', { app: 'other' })]);
    expect(await answers('x/web')).toEqual(['x/a', 'x/c']);
    await lab.delete([backend('x/c')]);
    expect(await answers('x/web')).toEqual(['x/a']);
    await lab.apply([backend('x/b')]);
    expect(await answers('x/web')).toEqual(['x/a', 'x/b']);
  });

  test('leaves out pods that are not ready, unless it publishes them', async () => {
    await lab.apply([
      backend('x/b', { ready: false }),
      serviceManifest('x/early', { selector: { app: 'web' }, publishNotReadyAddresses: true }),
    ]);
    expect(await answers('x/web')).toEqual(['x/a']);
    expect(await answers('x/early')).toEqual(['x/a', 'x/b']);
    await lab.apply([backend('x/b')]);
  });

  test('falls back on pods that end but still serve, only while no other is ready', async () => {
    await lab.apply([backend('x/b', { terminating: true })]);
    expect(await answers('x/web')).toEqual(['x/a']);
    await lab.apply([backend('x/a', { ready: false })]);
    expect(await answers('x/web')).toEqual(['x/b']);
    await lab.apply([backend('x/b', { terminating: true, ready: false })]);
    expect(await answersOf(lab, toService('y/client', { service: 'x/web' }))).toEqual(['refused']);
    await lab.apply([backend('x/a'), backend('x/b')]);
    expect(await answers('x/web')).toEqual(['x/a', 'x/b']);
  });

  test("sends a named target port to each pod's own number, and not to a pod without it", async () => {
    const named = (key: string, port: number, name: string): RawObject =>
      podManifest(key, { labels: { app: 'named' }, ports: [{ name, protocol: 'TCP', port }] });
    await lab.apply([
      named('x/low', 1080, 'web'),
      named('x/high', 2080, 'web'),
      named('x/other', 1080, 'admin'),
      serviceManifest('x/named', { selector: { app: 'named' }, ports: [{ port: 8080, targetPort: 'web' }] }),
    ]);
    expect(await answersOf(lab, toService('y/client', { service: 'x/named' }, { times: 20 }))).toEqual(['x/high', 'x/low']);
    expect(await answersOf(lab, toService('y/client', { service: 'x/named' }, { times: 20, family: 6 }))).toEqual(['x/high', 'x/low']);
  });

  test('takes slices that manifests bring along in place of its own, also for hosts outside', async () => {
    const slice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace: 'x', name: 'by-hand', labels: { 'kubernetes.io/service-name': 'far' } },
      addressType: 'IPv4',
      ports: [{ name: 'web', protocol: 'TCP', port: 80 }],
      endpoints: [{ addresses: ['198.51.100.66'] }],
    };
    await lab.apply([serviceManifest('x/far'), slice]);
    expect(await answersOf(lab, toService('y/client', { service: 'x/far' }, { times: 3 }))).toEqual(['out/far']);
    await lab.delete([slice]);
    expect(await answersOf(lab, toService('y/client', { service: 'x/far' }))).toEqual(['refused']);
  });

  test('is single-stack where it asks for that, and keeps its addresses when it is applied again', async () => {
    await lab.apply([serviceManifest('x/six', { selector: { app: 'web' }, ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv6'] })]);
    const [address, ...others] = lab.services().find(({ key }) => key === 'x/six')?.clusterIPs ?? [];
    expect(others).toEqual([]);
    expect(await answersOf(lab, toService('y/client', { service: 'x/six' }, { family: 6, times: 20 }))).toEqual(['x/a', 'x/b']);
    await lab.apply([
      serviceManifest('x/before'),
      serviceManifest('x/six', { selector: { app: 'web' }, type: 'NodePort', ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv6'] }),
    ]);
    const six = lab.services().find(({ key }) => key === 'x/six');
    expect(six?.clusterIPs).toEqual([address]);
    await lab.apply([
      serviceManifest('x/six', { selector: { app: 'web' }, type: 'NodePort', ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv6'] }),
    ]);
    expect(lab.services().find(({ key }) => key === 'x/six')).toEqual(six);
    await expect(lab.apply([serviceManifest('x/thief', { clusterIP: address })])).rejects.toMatchObject({ code: 'E_LAB_SERVICE' });
  });

  test('forgets UDP flows to an endpoint that is gone, so that a client that goes on sending finds another', async () => {
    await lab.apply([
      backend('x/gone', { app: 'udp' }),
      backend('x/stays', { app: 'udp' }),
      serviceManifest('x/udp', { selector: { app: 'udp' } }),
    ]);
    const address = lab.podAddress('x/gone', 4);
    await lab.probe(toService('y/client', { service: 'x/udp' }, { protocol: 'UDP', times: 20 }));
    const node = lab.pods().find(({ key }) => key === 'y/client')?.node ?? '';
    const flows = async (): Promise<string> => (await lab.nodeExec(node, ['conntrack', '--dump', '--proto', 'udp'])).stdout;
    expect(await flows()).toContain(`src=${address}`);
    await lab.delete([backend('x/gone')]);
    const after = await flows();
    expect(after).not.toContain(`src=${address}`);
    expect(after).toContain(`src=${lab.podAddress('x/stays', 4)}`);
  });

  test('is gone when it is deleted, with its slices, its rules and its chains', async () => {
    await lab.apply([serviceManifest('x/brief', { selector: { app: 'web' }, sessionAffinity: 'ClientIP' })]);
    const target = lab.services().find(({ key }) => key === 'x/brief')?.clusterIPs[0] ?? '';
    await lab.delete([serviceManifest('x/brief')]);
    expect((await lab.probe([{ from: 'y/client', to: target, protocol: 'TCP', port: 8080 }]))[0]?.outcome).toBe('timeout');
    expect(JSON.stringify(lab.objects())).not.toContain('brief');
    for (const { name } of lab.nodes()) expect((await lab.nodeExec(name, ['nft', 'list', 'ruleset'])).stdout).not.toContain('brief');
  });

  test('is not needed for a host port, which is open on its own node to everybody', async () => {
    const hosted = podManifest('x/hosted', { spec: { nodeName: 'node-1' } });
    const spec = {
      nodeName: 'node-1',
      containers: [
        {
          name: 'main',
          image: 'none',
          ports: [
            { containerPort: 80, hostPort: 8888 },
            { containerPort: 80, hostPort: 8888, protocol: 'UDP' },
          ],
        },
      ],
    };
    await lab.apply([{ ...hosted, spec }]);
    const [node1, node2] = lab.nodes();
    const probe = (from: string, to: string, protocol: 'TCP' | 'UDP' = 'TCP'): ProbeRequest => ({ from, to, protocol, port: 8888 });
    const reached = ['y/client', 'x/a', 'x/b', 'out/far', 'x/hosted'].flatMap((from) =>
      (node1?.addresses ?? []).flatMap((address) => [probe(from, address), probe(from, address, 'UDP')]),
    );
    expect((await lab.probe(reached)).map(({ answeredBy }) => answeredBy)).toEqual(reached.map(() => 'x/hosted'));
    const [outside, elsewhere] = await lab.probe([
      probe('out/far', node1?.addresses[0] ?? ''),
      probe('y/client', node2?.addresses[0] ?? ''),
    ]);
    expect(outside?.seenFrom).toBe('198.51.100.66');
    expect(elsewhere?.outcome).toBe('refused');
    const greeting = await lab.nodeExec('node-1', ['bash', '-c', 'exec 3<>/dev/tcp/127.0.0.1/8888; head -n 1 <&3']);
    expect(greeting.stdout).toMatch(/^x\/hosted /);
    await lab.delete([hosted]);
    expect((await lab.probe([probe('y/client', node1?.addresses[0] ?? '')]))[0]?.outcome).toBe('refused');
  });
});

describe('a lab without a proxy', needsKernel, () => {
  test('rewrites nothing, and a lab without Services has no rules', async () => {
    try {
      const objects = [backend('x/a'), podManifest('y/client')];
      const service = serviceManifest('x/web', { selector: { app: 'web' } });
      const lab = await Lab.up({ name: NAME, objects: [...objects, service], proxy: 'none', enforce: false });
      const answers = await answersOf(lab, everyWay('y/client', { service: 'x/web' }));
      expect(answers).not.toContain('x/a');
      expect((await lab.nodeExec('node-1', ['nft', 'list', 'ruleset'])).stdout).toBe('');
      await lab.down();
      const plain = await Lab.up({ name: NAME, objects, enforce: false });
      expect((await plain.nodeExec('node-1', ['nft', 'list', 'ruleset'])).stdout).toBe('');
      await plain.apply([service]);
      expect(await answersOf(plain, everyWay('y/client', { service: 'x/web' }))).toEqual(['x/a']);
    } finally {
      await Lab.remove(NAME);
    }
  });
});
