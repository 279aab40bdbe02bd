/** Rows of the semantics about Services at node ports, host ports, external and balancer addresses, and about whom the backend sees. */

import { podManifest } from '../../../support/builders/manifests.ts';
import type { PortManifest } from '../../../support/builders/manifests.ts';
import { NODE_ADDRESSES, STRANGER } from '../../../support/builders/three-namespaces.ts';
import { applyObjects, applyPolicy, deletePolicy } from '../../case.ts';
import type { Action, ConformanceCase } from '../../case.ts';
import { nodePortTargets, sliceManifests, targets, webService, WEB_BALANCER, WEB_EXTERNAL, WEB_NODE_PORT } from './manifests.ts';

const A = { matchLabels: { pod: 'a' } };
const X = { matchLabels: { ns: 'x' } };
const Z = { matchLabels: { ns: 'z' } };

const egressOf = (pod: string, rules: readonly object[]): Action =>
  applyPolicy(`x/of-${pod}`, { podSelector: { matchLabels: { pod } }, policyTypes: ['Egress'], egress: rules });
const toZ = (pod: string): object => ({ to: [{ namespaceSelector: Z, podSelector: { matchLabels: { pod } } }] });
const ingressOfZ = (rules: readonly object[]): Action => applyPolicy('z/p', { podSelector: {}, policyTypes: ['Ingress'], ingress: rules });
const blocks = (addresses: readonly (string | undefined)[]): readonly object[] =>
  addresses.map((address = '') => ({ ipBlock: { cidr: `${address}/${address.includes(':') ? 128 : 32}` } }));

const NODE_1 = blocks(NODE_ADDRESSES['node-1'] ?? []);
const NODE_2 = blocks(NODE_ADDRESSES['node-2'] ?? []);

/** z/a is on node-1, as x/a; z/b is on node-2, as x/b. */
const BOTH = [{ pod: 'z/a' }, { pod: 'z/b' }];
const HOST_PORT = 8088;

/** On node-1; its node gives away port 8088 for its port 80. */
const WITH_HOST_PORT = podManifest('z/host', {
  labels: { pod: 'host' },
  node: 'node-1',
  addresses: ['10.244.1.55', 'fd00:10:244:1::55'],
  startedAt: 0,
  containers: [
    [
      ...(['TCP', 'UDP'] as const).map((protocol): PortManifest & { readonly hostPort: number } => ({
        protocol,
        containerPort: 80,
        hostPort: HOST_PORT,
      })),
    ],
  ],
});

export const OUTSIDE_ADDRESS_SEMANTICS: readonly ConformanceCase[] = [
  {
    name: "Services: NodePort, judged by the backend at the own node; another node's is that node's address",
    pods: ['x/a', 'x/b'],
    ports: ['81/TCP'],
    services: [...nodePortTargets('node-1', ['x/a']), ...nodePortTargets('node-2', ['x/a'])],
    world: webService({ type: 'NodePort', nodePort: WEB_NODE_PORT }, BOTH),
    steps: [
      { default: 'allow', overrides: ['allow * > web.z@node-1 by z/a,z/b', 'allow * > web.z@node-2 by z/a,z/b'] },
      // To the own node everything is allowed, but not to its node ports.
      { does: [egressOf('a', [])], default: 'allow', overrides: ['deny x/a > *'] },
      { does: [egressOf('a', [toZ('a')])], default: 'allow', overrides: ['deny x/a > *', 'some x/a > web.z@node-1 by z/a'] },
      {
        does: [egressOf('a', [toZ('a'), toZ('b')])],
        default: 'allow',
        overrides: ['deny x/a > *', 'allow x/a > web.z@node-1 by z/a,z/b'],
      },
      { does: [egressOf('a', [{ to: NODE_2 }])], default: 'allow', overrides: ['deny x/a > *', 'allow x/a > web.z@node-2 by z/a,z/b'] },
      { does: [egressOf('a', [{ to: NODE_1 }])], default: 'allow', overrides: ['deny x/a > *'] },
    ],
  },
  {
    name: 'Services: LoadBalancer and external addresses, judged by the backend',
    pods: ['x/a', 'x/b'],
    ports: ['81/TCP'],
    services: [...targets('web.z@external', WEB_EXTERNAL, ['x/a']), ...targets('web.z@balancer', WEB_BALANCER, ['x/a'])],
    world: webService({ type: 'LoadBalancer', nodePort: WEB_NODE_PORT, externalIPs: WEB_EXTERNAL, balancerIPs: WEB_BALANCER }, BOTH),
    steps: [
      { default: 'allow', overrides: ['allow * > web.z@external by z/a,z/b', 'allow * > web.z@balancer by z/a,z/b'] },
      {
        does: [egressOf('a', [toZ('b')])],
        default: 'allow',
        overrides: ['deny x/a > *', 'some x/a > web.z@external by z/b', 'some x/a > web.z@balancer by z/b'],
      },
      { does: [egressOf('a', [{ to: blocks([...WEB_EXTERNAL, ...WEB_BALANCER]) }])], default: 'allow', overrides: ['deny x/a > *'] },
      // The proxy hides x/a behind node-1: z/a's node still knows it, z/b's sees node-1 only.
      {
        does: [deletePolicy('x/of-a'), ingressOfZ([{ from: [{ namespaceSelector: X, podSelector: A }] }])],
        default: 'allow',
        overrides: ['some x/a > web.z@external by z/a', 'some x/a > web.z@balancer by z/a'],
      },
      {
        does: [ingressOfZ([{ from: NODE_1 }])],
        default: 'allow',
        overrides: ['some x/a > web.z@external by z/b', 'some x/a > web.z@balancer by z/b'],
      },
    ],
  },
  {
    name: 'Services: externalTrafficPolicy Local: the backend sees its client',
    pods: ['x/a', 'x/b'],
    others: ['stranger'],
    ports: ['81/TCP'],
    services: [...nodePortTargets('node-1', ['stranger', 'x/a']), ...nodePortTargets('node-2', ['stranger'])],
    world: webService({ type: 'NodePort', nodePort: WEB_NODE_PORT, spec: { externalTrafficPolicy: 'Local' } }, BOTH),
    steps: [
      {
        default: 'allow',
        overrides: [
          'allow stranger > web.z@node-1 by z/a',
          'allow stranger > web.z@node-2 by z/b',
          // A pod's way is not cut short.
          'allow x/a > web.z@node-1 by z/a,z/b',
        ],
      },
      {
        does: [ingressOfZ([{ from: blocks(STRANGER) }])],
        default: 'allow',
        overrides: ['deny * > web.z@node-1', 'allow stranger > web.z@node-1 by z/a', 'allow stranger > web.z@node-2 by z/b'],
      },
      {
        does: [ingressOfZ([{ from: [...NODE_1, ...NODE_2] }])],
        default: 'allow',
        overrides: ['deny * > web.z@node-1', 'deny * > web.z@node-2'],
      },
      // x/a keeps its address too.
      {
        does: [ingressOfZ([{ from: [{ namespaceSelector: X, podSelector: A }] }])],
        default: 'allow',
        overrides: ['deny * > web.z@node-1', 'deny * > web.z@node-2', 'allow x/a > web.z@node-1 by z/a,z/b'],
      },
      {
        does: [deletePolicy('z/p'), applyObjects(...sliceManifests('z/web', [{ pod: 'z/a' }]))],
        default: 'allow',
        overrides: ['allow * > web.z@node-1 by z/a', 'deny stranger > web.z@node-2'],
      },
    ],
  },
  {
    name: 'client masqueraded by the node (NodePort): judged by its true address where the kernel can tell, else by the address seen',
    pods: ['x/a'],
    others: ['stranger'],
    ports: ['81/TCP'],
    services: [...nodePortTargets('node-1', ['stranger']), ...nodePortTargets('node-2', ['stranger'])],
    world: webService({ type: 'NodePort', nodePort: WEB_NODE_PORT }, BOTH),
    steps: [
      { default: 'allow', overrides: ['allow * > web.z@node-1 by z/a,z/b', 'allow * > web.z@node-2 by z/a,z/b'] },
      // A masqueraded packet that comes out of its own node is not the node's.
      { does: [ingressOfZ([])], default: 'allow', overrides: ['deny * > web.z@node-1', 'deny * > web.z@node-2'] },
      {
        does: [ingressOfZ([{ from: blocks(STRANGER) }])],
        default: 'allow',
        overrides: ['some * > web.z@node-1 by z/a', 'some * > web.z@node-2 by z/b'],
      },
      {
        does: [ingressOfZ([{ from: [...NODE_1, ...NODE_2] }])],
        default: 'allow',
        overrides: ['some * > web.z@node-1 by z/b', 'some * > web.z@node-2 by z/a'],
      },
      {
        does: [ingressOfZ([{ from: blocks(STRANGER) }, { from: [...NODE_1, ...NODE_2] }])],
        default: 'allow',
        overrides: ['allow * > web.z@node-1 by z/a,z/b', 'allow * > web.z@node-2 by z/a,z/b'],
      },
    ],
  },
  {
    name: "hostPort: judged by the pod and the pod's port",
    pods: ['x/a', 'x/b', 'z/host'],
    others: ['stranger'],
    ports: ['80/TCP'],
    services: targets('host.z@node-1', NODE_ADDRESSES['node-1'] as readonly [string, string], ['x/a', 'x/b', 'stranger'], HOST_PORT),
    world: [WITH_HOST_PORT],
    steps: [
      { default: 'allow', overrides: ['allow * > host.z@node-1 by z/host'] },
      {
        does: [egressOf('a', [{ ...toZ('host'), ports: [{ port: 80 }, { protocol: 'UDP', port: 80 }] }]), egressOf('b', [toZ('host')])],
        default: 'allow',
        // For x/b, on another node, node-1 is an address like any other.
        overrides: ['deny x/a,x/b > *', 'allow x/a,x/b > z/host', 'allow x/a > host.z@node-1 by z/host'],
      },
      {
        does: [
          egressOf('a', [{ ...toZ('host'), ports: [{ port: HOST_PORT }, { protocol: 'UDP', port: HOST_PORT }] }]),
          egressOf('b', [{ to: NODE_1 }]),
        ],
        default: 'allow',
        overrides: ['deny x/a,x/b > *', 'allow x/b > host.z@node-1 by z/host'],
      },
      {
        does: [deletePolicy('x/of-a'), deletePolicy('x/of-b'), ingressOfZ([{ from: blocks(STRANGER) }])],
        default: 'allow',
        overrides: ['deny * > z/host', 'allow stranger > z/host', 'deny x/a,x/b > host.z@node-1'],
      },
      {
        does: [ingressOfZ([{ ports: [{ port: HOST_PORT }, { protocol: 'UDP', port: HOST_PORT }] }])],
        default: 'allow',
        overrides: ['deny * > z/host', 'deny * > host.z@node-1'],
      },
    ],
  },
];
