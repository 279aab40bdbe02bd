/** Rows of the semantics about Services at their cluster address: judged by the backend that the proxy chose. */

import { applyObjects, applyPolicy, deletePolicy } from '../../case.ts';
import type { Action, ConformanceCase, Family } from '../../case.ts';
import { serviceManifest, targets, webService, webTargets, sliceManifests, SERVICE_PORT, POD_PORT, WEB_ADDRESSES } from './manifests.ts';

const A = { matchLabels: { pod: 'a' } };
const Z = { matchLabels: { ns: 'z' } };

/** x/a may go nowhere else. */
const egressOfA = (rules: readonly object[]): Action => applyPolicy('x/p', { podSelector: A, policyTypes: ['Egress'], egress: rules });
const toZ = (pod: string): object => ({ namespaceSelector: Z, podSelector: { matchLabels: { pod } } });
const ingressOfZ = (rules: readonly object[]): Action => applyPolicy('z/p', { podSelector: {}, policyTypes: ['Ingress'], ingress: rules });
const BOTH_PROTOCOLS = (port: number): readonly object[] => [
  { protocol: 'TCP', port },
  { protocol: 'UDP', port },
];

export const CLUSTER_ADDRESS_SEMANTICS: readonly ConformanceCase[] = [
  {
    name: "Services: judged by the backend pod and the pod's port, at the cluster address",
    pods: ['x/a', 'x/b'],
    ports: ['81/TCP', '81/UDP'],
    services: webTargets(['x/a', 'x/b']),
    world: webService({}, [{ pod: 'z/a' }]),
    steps: [
      { default: 'allow', overrides: ['allow * > web.z by z/a'] },
      // x/b is selected by nothing; the backend is what x/a's policy speaks of.
      { does: [egressOfA([{ to: [toZ('a')] }])], default: 'allow', overrides: ['deny x/a > *', 'allow x/a > web.z by z/a'] },
      {
        does: [egressOfA([{ to: [toZ('a')], ports: BOTH_PROTOCOLS(POD_PORT) }])],
        default: 'allow',
        overrides: ['deny x/a > *', 'allow x/a > web.z by z/a'],
      },
      { does: [egressOfA([{ to: [toZ('a')], ports: BOTH_PROTOCOLS(SERVICE_PORT) }])], default: 'allow', overrides: ['deny x/a > *'] },
      {
        does: [egressOfA([{ to: WEB_ADDRESSES.map((cidr) => ({ ipBlock: { cidr: `${cidr}/${cidr.includes(':') ? 128 : 32}` } })) }])],
        default: 'allow',
        overrides: ['deny x/a > *'],
      },
      {
        does: [egressOfA([{ to: [{ ipBlock: { cidr: '{z/a}/32' } }, { ipBlock: { cidr: '{z/a.6}/128' } }] }])],
        default: 'allow',
        overrides: ['deny x/a > *', 'allow x/a > web.z by z/a'],
      },
      {
        does: [
          deletePolicy('x/p'),
          ingressOfZ([{ from: [{ namespaceSelector: { matchLabels: { ns: 'x' } }, podSelector: A }], ports: BOTH_PROTOCOLS(POD_PORT) }]),
        ],
        default: 'allow',
        overrides: ['deny * > web.z', 'allow x/a > web.z by z/a'],
      },
      {
        does: [ingressOfZ([{ ports: BOTH_PROTOCOLS(SERVICE_PORT) }])],
        default: 'allow',
        overrides: ['deny * > web.z'],
      },
    ],
  },
  {
    name: 'Services: one backend that is allowed beside one that is not',
    pods: ['x/a', 'x/b'],
    ports: ['81/TCP'],
    services: webTargets(['x/a', 'x/b']),
    world: webService({}, [{ pod: 'z/a' }, { pod: 'z/b' }]),
    steps: [
      { default: 'allow', overrides: ['allow * > web.z by z/a,z/b'] },
      {
        does: [egressOfA([{ to: [toZ('a')] }])],
        default: 'allow',
        overrides: ['deny x/a > *', 'some x/a > web.z by z/a', 'allow x/b > web.z by z/a,z/b'],
      },
      { does: [egressOfA([{ to: [toZ('b')] }])], default: 'allow', overrides: ['deny x/a > *', 'some x/a > web.z by z/b'] },
      {
        does: [egressOfA([{ to: [toZ('b')] }, { to: [toZ('a')] }])],
        default: 'allow',
        overrides: ['deny x/a > *', 'allow x/a > web.z by z/a,z/b'],
      },
      {
        does: [egressOfA([{ to: [toZ('b')] }, { to: [toZ('a')], ports: BOTH_PROTOCOLS(SERVICE_PORT) }])],
        default: 'allow',
        overrides: ['deny x/a > *', 'some x/a > web.z by z/b'],
      },
      {
        does: [deletePolicy('x/p'), applyPolicy('z/p', { podSelector: A, policyTypes: ['Ingress'] })],
        default: 'allow',
        overrides: ['some * > web.z by z/b'],
      },
    ],
  },
  {
    name: 'Services: internalTrafficPolicy Local',
    // x/a and z/a are on node-1, x/b and z/b on node-2
    pods: ['x/a', 'x/b'],
    ports: ['81/TCP'],
    services: webTargets(['x/a', 'x/b']),
    world: webService({ spec: { internalTrafficPolicy: 'Local' } }, [{ pod: 'z/a' }, { pod: 'z/b' }]),
    steps: [
      { default: 'allow', overrides: ['allow x/a > web.z by z/a', 'allow x/b > web.z by z/b'] },
      { does: [egressOfA([{ to: [toZ('b')] }])], default: 'allow', overrides: ['deny x/a > *', 'allow x/b > web.z by z/b'] },
      { does: [egressOfA([{ to: [toZ('a')] }])], default: 'allow', overrides: ['deny x/a > *', 'allow x/a > web.z by z/a'] },
      {
        does: [applyObjects(...sliceManifests('z/web', [{ pod: 'z/b' }]))],
        default: 'allow',
        overrides: ['deny x/a > *', 'allow x/b > web.z by z/b'],
      },
    ],
  },
  {
    name: 'Services: headless needs nothing',
    pods: ['x/a', 'x/b', 'z/a'],
    ports: ['81/TCP', '81/UDP'],
    world: [serviceManifest('z/web', { clusterIPs: ['None'] }), ...sliceManifests('z/web', [{ pod: 'z/a' }])],
    steps: [
      { default: 'allow' },
      { does: [egressOfA([{ to: [toZ('a')] }])], default: 'allow', overrides: ['deny x/a > *', 'allow x/a > z/a'] },
    ],
  },
  {
    name: 'Services: session affinity changes nothing: the backend that a client keeps is judged',
    pods: ['x/a', 'x/b'],
    ports: ['81/TCP'],
    services: webTargets(['x/a', 'x/b']).map((target) => ({ ...target, sticky: true })),
    world: webService({ spec: { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 600 } } } }, [
      { pod: 'z/a' },
      { pod: 'z/b' },
    ]),
    steps: [
      { default: 'allow', overrides: ['same * > web.z by z/a,z/b'] },
      {
        does: [egressOfA([{ to: [toZ('a')] }])],
        default: 'allow',
        overrides: ['deny x/a > *', 'same x/a > web.z by z/a', 'same x/b > web.z by z/a,z/b'],
      },
      { does: [egressOfA([])], default: 'allow', overrides: ['deny x/a > *', 'same x/b > web.z by z/a,z/b'] },
    ],
  },
  {
    name: 'Services: terminating and unready endpoints that the proxy still uses are judged like any pod',
    pods: ['x/a', 'x/b'],
    ports: ['81/TCP'],
    services: webTargets(['x/a', 'x/b']),
    world: webService({}, [{ pod: 'z/a', conditions: { ready: false, serving: true, terminating: true } }]),
    steps: [
      { default: 'allow', overrides: ['allow * > web.z by z/a'] },
      { does: [egressOfA([{ to: [toZ('a')] }])], default: 'allow', overrides: ['deny x/a > *', 'allow x/a > web.z by z/a'] },
      { does: [egressOfA([{ to: [toZ('b')] }])], default: 'allow', overrides: ['deny x/a > *'] },
      // Beside one that is ready, the proxy uses that alone.
      {
        does: [
          applyObjects(
            ...sliceManifests('z/web', [{ pod: 'z/a', conditions: { ready: false, serving: true, terminating: true } }, { pod: 'z/b' }]),
          ),
        ],
        default: 'allow',
        overrides: ['deny x/a > *', 'allow * > web.z by z/b'],
      },
      {
        does: [applyObjects(...sliceManifests('z/web', [{ pod: 'z/a', conditions: { ready: false, serving: false } }, { pod: 'z/b' }]))],
        default: 'allow',
        overrides: ['deny x/a > *', 'allow * > web.z by z/b'],
      },
    ],
  },
  // Over TCP and IPv6 not every kernel's client hears of it.
  withoutEndpoints('UDP', [4, 6]),
  withoutEndpoints('TCP', [4]),
  {
    name: 'the pod to itself, through its Service: allowed',
    pods: ['x/a', 'x/b'],
    ports: ['81/TCP'],
    services: targets('own.x', ['10.96.7.2', 'fd00:10:96::7:2'], ['x/a', 'x/b']),
    world: [serviceManifest('x/own', { clusterIPs: ['10.96.7.2', 'fd00:10:96::7:2'] }), ...sliceManifests('x/own', [{ pod: 'x/a' }])],
    steps: [
      { default: 'allow', overrides: ['allow * > own.x by x/a'] },
      {
        does: [applyPolicy('x/deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] })],
        default: 'deny',
        overrides: ['allow x/a > own.x by x/a'],
      },
    ],
  },
];

/** At an address of its own: the kernel remembers for a while where it has sent datagrams before. */
function withoutEndpoints(protocol: 'TCP' | 'UDP', families: readonly Family[]): ConformanceCase {
  const addresses = protocol === 'TCP' ? (['10.96.7.3', 'fd00:10:96::7:3'] as const) : (['10.96.7.4', 'fd00:10:96::7:4'] as const);
  return {
    name: `Services: one without endpoints is left to the proxy, which refuses (${protocol})`,
    pods: ['x/a', 'x/b'],
    ports: ['81/TCP'],
    families,
    services: targets('web.z', addresses, ['x/a', 'x/b']).filter(({ port }) => port.endsWith(protocol)),
    world: webService({ clusterIPs: addresses }),
    steps: [
      { default: 'allow', overrides: ['refuse * > web.z'] },
      { does: [egressOfA([{ to: [toZ('a')] }])], default: 'allow', overrides: ['deny x/a > *', 'refuse * > web.z'] },
      {
        does: [applyObjects(...sliceManifests('z/web', [{ pod: 'z/a' }]))],
        default: 'allow',
        overrides: ['deny x/a > *', 'allow * > web.z by z/a'],
      },
      {
        does: [applyObjects(...sliceManifests('z/web', [{ pod: 'z/b' }]))],
        default: 'allow',
        overrides: ['deny x/a > *', 'allow x/b > web.z by z/b'],
      },
    ],
  };
}
