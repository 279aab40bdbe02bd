/** Rows of the semantics about who an address is: nodes, the pod itself, host network, and addresses that change hands. */

import { podManifest } from '../../support/builders/manifests.ts';
import { applyObjects, applyPolicy, deleteObject } from '../case.ts';
import type { ConformanceCase } from '../case.ts';

const DENY_ALL = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] };
const FROM_FRIENDS = {
  podSelector: { matchLabels: { pod: 'a' } },
  ingress: [{ from: [{ podSelector: { matchLabels: { friend: 'yes' } } }] }],
};

const pod = (name: string, friend: string, startedAt: number, extra: object = {}): ReturnType<typeof podManifest> =>
  podManifest(`x/${name}`, {
    uid: `uid-${name}`,
    labels: { friend },
    node: 'node-2',
    addresses: ['10.244.2.60', 'fd00:10:244:2::60'],
    startedAt,
    containers: [[{ containerPort: 80 }]],
    ...extra,
  });

export const IDENTITY_SEMANTICS: readonly ConformanceCase[] = [
  {
    name: "traffic from and to the pod's own node is always allowed; other nodes are ordinary addresses",
    // x/a runs on node-1, x/b on node-2
    pods: ['x/a', 'x/b'],
    others: ['node-1', 'node-2'],
    ports: ['80/TCP', '80/UDP', 'ICMP'],
    steps: [
      {
        does: [applyPolicy('x/deny', DENY_ALL)],
        default: 'deny',
        overrides: ['allow node-1 > x/a', 'allow x/a > node-1', 'allow node-2 > x/b', 'allow x/b > node-2'],
      },
      {
        does: [applyPolicy('x/deny', { ...DENY_ALL, ingress: [{ from: [{ ipBlock: { cidr: '10.89.0.0/24' } }] }] })],
        default: 'deny',
        overrides: ['allow node-1 > x/a', 'allow x/a > node-1', 'allow node-2 > x/b', 'allow x/b > node-2', 'allow node-1,node-2 > x/* v4'],
      },
    ],
  },
  {
    name: 'the pod to itself, by pod address: allowed',
    pods: ['x/a'],
    ports: ['80/TCP', '80/UDP', 'ICMP'],
    steps: [{ does: [applyPolicy('x/deny', DENY_ALL)], default: 'deny' }],
  },
  {
    name: 'ICMP, ICMPv6 echo and other IP protocols: allowed where a rule without `ports` allows the peer',
    pods: ['x/a', 'x/b', 'y/a'],
    ports: ['ICMP', '80/TCP'],
    steps: [
      {
        does: [
          applyPolicy('x/p', {
            podSelector: { matchLabels: { pod: 'a' } },
            ingress: [{ from: [{ podSelector: {} }] }, { ports: [{}, { protocol: 'UDP' }, { protocol: 'SCTP' }] }],
          }),
        ],
        default: 'allow',
        overrides: ['deny y/a > x/a ICMP'],
      },
    ],
  },
  {
    name: 'hostNetwork pods are their node: never selected, never a peer by selector',
    pods: ['x/a', 'x/b'],
    others: ['node-2'],
    ports: ['80/TCP'],
    world: [
      podManifest('x/host', {
        labels: { pod: 'host' },
        node: 'node-2',
        hostNetwork: true,
        addresses: ['10.89.0.12', 'fd00:10:89::12'],
        startedAt: 0,
      }),
    ],
    steps: [
      {
        does: [applyPolicy('x/p', { podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [{ podSelector: {} }] }] })],
        default: 'allow',
        overrides: ['deny node-2 > x/a'],
      },
      {
        does: [applyPolicy('x/p', { podSelector: { matchLabels: { pod: 'host' } }, policyTypes: ['Ingress', 'Egress'] })],
        default: 'allow',
      },
    ],
  },
  {
    name: 'dual-stack: selectors select pods, all of `status.podIPs`, both families',
    pods: ['x/a', 'x/b', 'y/b'],
    ports: ['80/TCP', '80/UDP'],
    steps: [
      {
        does: [
          applyPolicy('x/p', {
            podSelector: { matchLabels: { pod: 'a' } },
            policyTypes: ['Ingress', 'Egress'],
            ingress: [{ from: [{ podSelector: {} }] }],
            egress: [{ to: [{ namespaceSelector: { matchLabels: { ns: 'y' } } }] }],
          }),
        ],
        default: 'allow',
        overrides: ['deny y/b > x/a', 'deny x/a > x/b'],
      },
    ],
  },
  {
    name: 'Terminating pod keeps its policy and its peer rows until it is gone',
    pods: ['x/a', 'x/leaving', 'y/a'],
    ports: ['80/TCP'],
    world: [pod('leaving', 'yes', 1)],
    steps: [
      {
        does: [applyPolicy('x/p', FROM_FRIENDS), applyPolicy('x/q', { podSelector: { matchLabels: { friend: 'yes' } } })],
        default: 'allow',
        overrides: ['deny * > x/a', 'allow x/leaving > x/a', 'deny * > x/leaving'],
      },
      {
        does: [applyObjects(pod('leaving', 'yes', 1, { terminating: true }))],
        default: 'allow',
        overrides: ['deny * > x/a', 'allow x/leaving > x/a', 'deny * > x/leaving'],
      },
    ],
  },
  {
    name: 'Succeeded or Failed pod leaves the peer rows at the phase change',
    notInPackets: 'a lab has no pods that have ended',
    pods: ['x/a', 'x/ended'],
    ports: ['80/TCP'],
    world: [pod('ended', 'yes', 1)],
    steps: [
      { does: [applyPolicy('x/p', FROM_FRIENDS)], default: 'allow' },
      { does: [applyObjects(pod('ended', 'yes', 1, { phase: 'Failed' }))], default: 'allow', overrides: ['deny x/ended > x/a'] },
      { does: [applyObjects(pod('ended', 'yes', 1, { phase: 'Succeeded' }))], default: 'allow', overrides: ['deny x/ended > x/a'] },
    ],
  },
  {
    name: "address reuse: the newest running pod owns an address; the old owner's late deletion must not remove the new owner's row",
    notInPackets: 'a lab never gives one address to two pods',
    pods: ['x/a', 'x/new'],
    ports: ['80/TCP'],
    world: [pod('old', 'no', 1)],
    steps: [
      { does: [applyPolicy('x/p', FROM_FRIENDS), applyObjects(pod('new', 'yes', 2))], default: 'allow' },
      { does: [deleteObject('Pod', 'x/old')], default: 'allow' },
      { does: [applyObjects(pod('new', 'no', 2))], default: 'allow', overrides: ['deny x/new > x/a'] },
      { does: [applyObjects(pod('newest', 'yes', 3))], default: 'allow' },
      { does: [deleteObject('Pod', 'x/newest')], default: 'allow', overrides: ['deny x/new > x/a'] },
    ],
  },
];
