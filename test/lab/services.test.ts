/** Services in a lab that does not enforce: rewritten as kube-proxy rewrites them, whatever policies would say. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lab } from '../../src/lab/lab.ts';
import { OUTSIDE_ANNOTATION } from '../../src/lab/objects/raw-object.ts';
import type { Cni, Fabric, RawObject, ServiceProbe } from '../../src/lab/types.ts';
import { needsKernel } from '../support/requires.ts';
import { podManifest } from './lab-support.ts';
import { answersOf, clientsSeen, everyWay, serviceManifest, toService } from './service-support.ts';

const NAME = 'testservices';

/** Node 1 has x/a, x/c and y/near, node 2 has x/b and y/far. */
const PODS: readonly RawObject[] = [
  podManifest('x/a', { labels: { app: 'both', only: 'a' }, spec: { nodeName: 'node-1' } }),
  podManifest('x/b', { labels: { app: 'both', only: 'b' }, spec: { nodeName: 'node-2' } }),
  podManifest('x/c', { labels: { only: 'c' }, spec: { nodeName: 'node-1' } }),
  podManifest('y/near', { spec: { nodeName: 'node-1' } }),
  podManifest('y/far', { spec: { nodeName: 'node-2' } }),
  podManifest('y/node', { spec: { nodeName: 'node-1', hostNetwork: true }, ports: [{ protocol: 'TCP', port: 9000 }] }),
  podManifest('out/client', { annotations: { [OUTSIDE_ANNOTATION]: '66' } }),
];

const BOTH = { selector: { app: 'both' } };
const ONLY_A = { selector: { only: 'a' } };
const BALANCED = { status: { loadBalancer: { ingress: [{ ip: '203.0.113.200' }, { ip: '203.0.113.201', ipMode: 'Proxy' }] } } };

const SERVICES: readonly RawObject[] = [
  serviceManifest('x/both', BOTH),
  serviceManifest('x/a', ONLY_A),
  serviceManifest('x/ports', { ...BOTH, type: 'NodePort' }),
  serviceManifest('x/local', { ...ONLY_A, type: 'LoadBalancer', externalTrafficPolicy: 'Local', externalIPs: ['203.0.113.150'] }),
  serviceManifest('x/balanced', { ...BOTH, type: 'LoadBalancer', externalIPs: ['192.168.77.1', 'fd77::1'] }, BALANCED.status),
  serviceManifest('x/inside', { ...ONLY_A, internalTrafficPolicy: 'Local' }),
  serviceManifest('x/sticky', { ...BOTH, sessionAffinity: 'ClientIP' }),
  serviceManifest('x/nobody', { selector: { app: 'nobody' }, type: 'NodePort' }),
  serviceManifest('x/headless', { ...BOTH, clusterIP: 'None' }),
  serviceManifest('x/alias', { type: 'ExternalName', externalName: 'example.org', ports: [] }),
];

const WIRES: readonly (readonly [Cni, Fabric])[] = [
  ['bridge', 'routed'],
  ['ptp', 'vxlan'],
];

describe.for(WIRES)('a lab over %s and %s', needsKernel, ([cni, fabric]) => {
  let lab: Lab;
  beforeAll(async () => {
    await Lab.remove(NAME);
    lab = await Lab.up({ name: NAME, objects: [...PODS, ...SERVICES], cni, fabric, enforce: false });
  });
  afterAll(async () => {
    await Lab.remove(NAME);
  });

  test('gives Services their addresses and node ports, and the agents their slices', async () => {
    const both = lab.services().find(({ key }) => key === 'x/both');
    expect(both).toMatchObject({ clusterIPs: ['10.96.0.1', 'fd00:10:96::1'], families: [4, 6] });
    expect(
      lab
        .services()
        .find(({ key }) => key === 'x/ports')
        ?.ports.map(({ nodePort }) => nodePort),
    ).toEqual([30_000, 30_000]);
    expect(lab.services().find(({ key }) => key === 'x/balanced')?.loadBalancerIPs).toEqual(['203.0.113.200']);
    expect(lab.services().find(({ key }) => key === 'x/local')?.loadBalancerIPs).toEqual(['203.0.113.1', '2001:db8:113::1']);
    const named = lab.objects().filter((object) => JSON.stringify(object['metadata']).includes('"kubernetes.io/service-name":"both"'));
    expect(named.map((slice) => slice['addressType'])).toEqual(['IPv4', 'IPv6']);
    expect(named[0]).toMatchObject({ endpoints: [{ nodeName: 'node-1', conditions: { ready: true } }, { nodeName: 'node-2' }] });
  });

  test('sends a cluster address to every endpoint, and the client keeps its address', async () => {
    for (const family of [4, 6] as const) {
      for (const protocol of ['TCP', 'UDP'] as const) {
        expect(await answersOf(lab, toService('y/near', { service: 'x/both' }, { protocol, family, times: 40 }))).toEqual(['x/a', 'x/b']);
      }
      expect(await clientsSeen(lab, toService('y/near', { service: 'x/both' }, { family, times: 10 }))).toEqual([
        lab.podAddress('y/near', family),
      ]);
    }
  });

  test('lets pods of one node reach each other through a cluster address', async () => {
    expect(await answersOf(lab, everyWay('x/c', { service: 'x/a' }, 3))).toEqual(['x/a']);
    expect(await clientsSeen(lab, toService('x/c', { service: 'x/a' }))).toEqual([lab.podAddress('x/c', 4)]);
  });

  test('lets a pod reach itself through its Service, masqueraded', async () => {
    expect(await answersOf(lab, everyWay('x/a', { service: 'x/a' }, 3))).toEqual(['x/a']);
    expect(await clientsSeen(lab, toService('x/a', { service: 'x/a' }))).not.toContain(lab.podAddress('x/a', 4));
  });

  test('masquerades what comes to a cluster address from elsewhere than a pod', async () => {
    expect(await answersOf(lab, everyWay('y/node', { service: 'x/both' }, 20))).toEqual(['x/a', 'x/b']);
    expect(await answersOf(lab, everyWay('out/client', { service: 'x/both' }, 20))).toEqual(['x/a', 'x/b']);
    for (const node of ['node-1', 'node-2']) {
      const seen = await clientsSeen(lab, toService('out/client', { service: 'x/both', node }, { times: 20 }));
      expect(seen).not.toContain('198.51.100.66');
      expect(seen.every((address) => addressesOn(node).includes(address))).toBe(true);
    }
  });

  /** What the node may be seen as: its own address, its bridge's or veth's, its overlay's. */
  function addressesOn(node: string): readonly string[] {
    const index = node === 'node-1' ? 1 : 2;
    return [`10.89.0.1${index}`, `10.244.${index}.0`, `10.244.${index}.1`];
  }

  test('opens node ports on every address of every node, to pods, nodes and hosts outside', async () => {
    for (const from of ['y/near', 'y/far', 'y/node', 'out/client']) {
      for (const node of ['node-1', 'node-2']) {
        const target = { service: 'x/ports', via: 'nodePort', node } as const;
        expect(await answersOf(lab, everyWay(from, target, 20)), `${from} at ${node}`).toEqual(['x/a', 'x/b']);
        const seen = await clientsSeen(lab, toService(from, target, { times: 10 }));
        expect(seen.every((address) => addressesOn(node).includes(address))).toBe(true);
      }
    }
    const probe = { from: 'y/near', to: '10.244.1.1', protocol: 'TCP', port: 30_000 } as const;
    // The gateway of a bridge or of a point-to-point pair is an address of the node as well.
    expect(['x/a', 'x/b']).toContain((await lab.probe([probe]))[0]?.answeredBy);
  });

  test('keeps the client with externalTrafficPolicy Local, and drops where the node has no endpoint', async () => {
    for (const via of ['nodePort', 'loadBalancer', 'externalIP'] as const) {
      const here = { service: 'x/local', via, node: 'node-1' } as const;
      const there = { service: 'x/local', via, node: 'node-2' } as const;
      expect(await answersOf(lab, toService('out/client', here, { times: 5 })), via).toEqual(['x/a']);
      expect(await clientsSeen(lab, toService('out/client', here)), via).toEqual(['198.51.100.66']);
      expect(await answersOf(lab, toService('out/client', there)), via).toEqual(['timeout']);
    }
    expect(await clientsSeen(lab, toService('out/client', { service: 'x/local', via: 'loadBalancer' }, { family: 6 }))).toEqual([
      '2001:db8:100::66',
    ]);
    // As if it had gone to a balancer and come back: pods and nodes reach the endpoint of the other node.
    expect(await answersOf(lab, toService('y/far', { service: 'x/local', via: 'loadBalancer' }, { times: 3 }))).toEqual(['x/a']);
    expect(await answersOf(lab, toService('y/far', { service: 'x/local', via: 'nodePort' }, { times: 3 }))).toEqual(['x/a']);
  });

  test('keeps to the own node with internalTrafficPolicy Local', async () => {
    expect(await answersOf(lab, everyWay('y/near', { service: 'x/inside' }, 3))).toEqual(['x/a']);
    expect(await answersOf(lab, everyWay('y/far', { service: 'x/inside' }))).toEqual(['timeout']);
  });

  test('rewrites external addresses and those of a balancer that leaves it to the nodes', async () => {
    for (const from of ['y/near', 'y/far', 'y/node', 'out/client']) {
      expect(await answersOf(lab, toService(from, { service: 'x/balanced', via: 'loadBalancer' }, { times: 30 })), from).toEqual([
        'x/a',
        'x/b',
      ]);
      expect(await answersOf(lab, everyWay(from, { service: 'x/balanced', via: 'externalIP' }, 30)), from).toEqual(['x/a', 'x/b']);
    }
    const proxied = await lab.probe([{ from: 'y/near', to: '203.0.113.201', protocol: 'TCP', port: 8080 }]);
    expect(proxied[0]?.outcome).not.toBe('open');
  });

  test('keeps a client with its endpoint by session affinity, also when other Services change', async () => {
    const probes = everyWay('y/near', { service: 'x/sticky' }, 10).filter(({ protocol, family }) => protocol === 'TCP' && family === 4);
    const before = await answersOf(lab, probes);
    expect(before).toHaveLength(1);
    await lab.apply([serviceManifest('x/another', BOTH)]);
    expect(await answersOf(lab, probes)).toEqual(before);
    await lab.delete([serviceManifest('x/another')]);
    expect(await answersOf(lab, probes)).toEqual(before);
    const others = ['x/c', 'y/far', 'x/a', 'x/b', 'out/client', 'y/node'].flatMap((from) => toService(from, { service: 'x/sticky' }));
    expect((await answersOf(lab, others)).every((answer) => ['x/a', 'x/b'].includes(answer))).toBe(true);
  });

  test('refuses where a Service has no endpoint at all, and where it has no such port', async () => {
    const probesFrom = (from: string): readonly ServiceProbe[] => [
      ...everyWay(from, { service: 'x/nobody' }),
      ...everyWay(from, { service: 'x/nobody', via: 'nodePort', node: 'node-1' }),
    ];
    // An ICMPv6 error that comes back within the connect() call is lost on the socket: the second SYN, a second later, is refused.
    const answersTo = (from: string): Promise<readonly string[]> =>
      answersOf(
        lab,
        probesFrom(from).map((probe) => ({ ...probe, timeoutMs: 3500 })),
      );
    const answers = await Promise.all(['y/near', 'out/client', 'y/node'].map(answersTo));
    // What a node's own datagram meets in its output hook, send() itself reports.
    expect(answers).toEqual([['refused'], ['refused'], ['error:EPERM', 'refused']]);
    const [both] = lab.services();
    const stray = { from: 'y/near', to: both?.clusterIPs[0] ?? '', protocol: 'TCP', port: 81 } as const;
    const unassigned = { ...stray, to: '10.96.200.200' };
    expect((await lab.probe([stray, unassigned])).map(({ outcome }) => outcome)).toEqual(['refused', 'timeout']);
  });

  test('has nothing to rewrite for a headless Service or an ExternalName', async () => {
    expect(lab.services().find(({ key }) => key === 'x/headless')).toMatchObject({ clusterIPs: [] });
    expect(lab.services().map(({ key }) => key)).not.toContain('x/alias');
    await expect(lab.probe(toService('y/near', { service: 'x/headless' }))).rejects.toMatchObject({ code: 'E_LAB_SERVICE' });
    const rules = await lab.nodeExec('node-1', ['nft', 'list', 'ruleset']);
    expect(rules.stdout).not.toContain('headless');
  });
});
