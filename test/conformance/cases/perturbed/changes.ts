/** Policies, pods, namespaces and labels that come and go under the base policy (6 cases), a pod that comes and goes under a named port (1), and namespaces by the label that each has (2). */

import { namespaceManifest, podManifest } from '../../../support/builders/manifests.ts';
import type { Manifest } from '../../../support/builders/manifests.ts';
import { ALL_PODS, servingContainers } from '../../../support/builders/three-namespaces.ts';
import { applyObjects, applyPolicy, deleteObject, deletePolicy, labelNamespace, labelPod } from '../../case.ts';
import type { ConformanceCase } from '../../case.ts';
import { applyBase, BASE_EGRESS, BASE_INGRESS, BASE_TABLE, perturbed, WHOLE_MATRIX } from './base.ts';

const newPod = (key: string, name: string, node: 1 | 2, host: number): Manifest =>
  podManifest(key, {
    labels: { pod: name },
    node: `node-${node}`,
    addresses: [`10.244.${node}.${host}`, `fd00:10:244:${node}::${host}`],
    startedAt: 0,
    containers: servingContainers(),
  });

const ONE_LABEL_PEER = [
  {
    podSelector: { matchLabels: { 'new-label': 'abc' } },
    namespaceSelector: { matchExpressions: [{ key: 'ns', operator: 'In', values: ['y', 'z'] }] },
  },
];

export const ACTION_CASES: readonly ConformanceCase[] = [
  {
    name: 'action: a policy is created and deleted',
    ...WHOLE_MATRIX,
    steps: [
      { does: [applyBase()], default: 'allow', overrides: BASE_TABLE },
      { does: [deletePolicy('x/base')], default: 'allow' },
    ],
  },
  {
    name: 'action: a policy is created and edited',
    ...WHOLE_MATRIX,
    steps: [
      { does: [applyBase()], default: 'allow', overrides: BASE_TABLE },
      {
        does: [applyBase({ ingressPorts: [{ protocol: 'UDP', port: 'serve-81-udp' }] })],
        default: 'allow',
        overrides: ['deny * > x/a', 'allow x/b,x/c,y/b,y/c > x/a :81 UDP', ...BASE_EGRESS],
      },
    ],
  },
  {
    name: 'action: a namespace with pods is created and deleted',
    ...WHOLE_MATRIX,
    steps: [
      { does: [applyBase()], default: 'allow', overrides: BASE_TABLE },
      {
        does: [applyObjects(namespaceManifest('y-2', { ns: 'y' }), newPod('y-2/a', 'a', 1, 71), newPod('y-2/b', 'b', 2, 72))],
        pods: [...ALL_PODS, 'y-2/a', 'y-2/b'],
        default: 'allow',
        overrides: [...BASE_TABLE, 'allow y-2/b > x/a :80 TCP', 'allow x/a > y-2/a,y-2/b :80 TCP'],
      },
      {
        does: [deleteObject('Pod', 'y-2/a'), deleteObject('Pod', 'y-2/b'), deleteObject('Namespace', 'y-2')],
        default: 'allow',
        overrides: BASE_TABLE,
      },
    ],
  },
  {
    name: 'action: a namespace gets the label that a peer asks for, and loses it',
    ...WHOLE_MATRIX,
    steps: [
      {
        does: [applyBase({ from: [{ namespaceSelector: { matchLabels: { 'new-ns': 'qrs' } } }] })],
        default: 'allow',
        overrides: ['deny * > x/a', ...BASE_EGRESS],
      },
      {
        does: [labelNamespace('y', { 'new-ns': 'qrs' })],
        default: 'allow',
        overrides: ['deny * > x/a', 'allow y/a,y/b,y/c > x/a :80 TCP', ...BASE_EGRESS],
      },
      { does: [labelNamespace('y', { 'new-ns': null })], default: 'allow', overrides: ['deny * > x/a', ...BASE_EGRESS] },
    ],
  },
  {
    name: 'action: a pod is created and deleted',
    ...WHOLE_MATRIX,
    steps: [
      { does: [applyBase()], default: 'allow', overrides: BASE_TABLE },
      // A pod d is nobody's peer.
      { does: [applyObjects(newPod('x/d', 'd', 2, 73))], pods: [...ALL_PODS, 'x/d'], default: 'allow', overrides: BASE_TABLE },
      { does: [deleteObject('Pod', 'x/d')], default: 'allow', overrides: BASE_TABLE },
    ],
  },
  {
    name: 'action: a pod gets the label that a peer asks for, and loses it',
    ...WHOLE_MATRIX,
    steps: [
      { does: [applyBase({ from: ONE_LABEL_PEER })], default: 'allow', overrides: ['deny * > x/a', ...BASE_EGRESS] },
      {
        does: [labelPod('y/b', { 'new-label': 'abc' })],
        default: 'allow',
        overrides: ['deny * > x/a', 'allow y/b > x/a :80 TCP', ...BASE_EGRESS],
      },
      { does: [labelPod('y/b', { 'new-label': null })], default: 'allow', overrides: ['deny * > x/a', ...BASE_EGRESS] },
    ],
  },
];

const ONLY_81_TCP = ['deny * > x/*', 'allow * > x/* :81 TCP'];

export const EXAMPLE_CASES: readonly ConformanceCase[] = [
  {
    name: 'example: one named port, while a pod and its namespace come and go',
    ...WHOLE_MATRIX,
    steps: [
      {
        does: [applyPolicy('x/named', { podSelector: {}, policyTypes: ['Ingress'], ingress: [{ ports: [{ port: 'serve-81-tcp' }] }] })],
        default: 'allow',
        overrides: ONLY_81_TCP,
      },
      {
        does: [applyObjects(namespaceManifest('w', { ns: 'w' }), newPod('w/a', 'a', 2, 74))],
        pods: [...ALL_PODS, 'w/a'],
        default: 'allow',
        overrides: ONLY_81_TCP,
      },
      { does: [deleteObject('Pod', 'w/a')], default: 'allow', overrides: ONLY_81_TCP },
      { does: [deleteObject('Namespace', 'w')], default: 'allow', overrides: ONLY_81_TCP },
      { default: 'allow', overrides: ONLY_81_TCP },
      { ports: ['81/TCP'], default: 'allow' },
      { ports: ['80/TCP'], default: 'allow', overrides: ['deny * > x/*'] },
    ],
  },
];

const NAMED_Z = [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'z' } } }];

export const NAMESPACE_LABEL_CASES: readonly ConformanceCase[] = [
  perturbed('ingress peers: a namespace by its own name', { from: NAMED_Z }, [
    'deny * > x/a',
    'allow z/a,z/b,z/c > x/a :80 TCP',
    ...BASE_EGRESS,
  ]),
  perturbed('egress peers: a namespace by its own name', { to: NAMED_Z }, [
    ...BASE_INGRESS,
    'deny x/a > *',
    'allow x/a > z/a,z/b,z/c :80 TCP',
  ]),
];
