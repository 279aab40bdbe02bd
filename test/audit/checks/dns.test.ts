/** Whom pods ask for names, where that is, and by which port. */

import { describe, expect, test } from 'vitest';
import { policyYaml } from '../../../src/audit/checks/policy-yaml.ts';
import { runChecks } from '../../../src/audit/run-checks.ts';
import { readText } from '../support/read-text.ts';

const WEB = `apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, labels: { app: web } }
spec: { containers: [{ name: c, image: i }] }`;

interface ServerWords {
  readonly namespace: string;
  readonly name: string;
  readonly labels: string;
  readonly port: number;
  readonly more?: string;
}

const servers = ({ namespace, name, labels, port, more = '' }: ServerWords): string => `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  selector: { matchLabels: ${labels} }
  template:
    metadata: { labels: ${labels} }
    spec:
      ${more}
      containers: [{ name: c, image: i, ports: [{ name: metrics, containerPort: 9153 }, { name: dns, containerPort: ${port}, protocol: UDP }, { name: dns-tcp, containerPort: ${port} }] }]`;
const service = (namespace: string, name: string, labels: string): string => `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: ${namespace} }
spec: { selector: ${labels}, ports: [{ name: dns, port: 53, protocol: UDP, targetPort: dns }, { name: dns-tcp, port: 53, targetPort: dns-tcp }] }`;
const KUBE_DNS = '{ k8s-app: kube-dns }';
const OPENSHIFT = '{ dns.operator.openshift.io/daemonset-dns: default }';

const egressTo = (namespace: string, labels: string, port: number): string =>
  policyYaml(
    `podSelector: {}\npolicyTypes: [Egress]\negress:\n- to: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: ${namespace} } }, podSelector: { matchLabels: ${labels} } }]\n  ports: [{ port: ${port}, protocol: UDP }, { port: ${port} }]`,
  );

async function alarms(...documents: readonly string[]): Promise<{ readonly message: string; readonly mend: string }[]> {
  const input = await readText(WEB, ...documents);
  expect(input.problems).toEqual([]);
  return runChecks(input)
    .findings.filter(({ check, message }) => check === 'PN013' && message.startsWith('Pod shop/web '))
    .map(({ message, mend }) => ({ message, mend }));
}

describe('name servers', () => {
  const usual = servers({ namespace: 'kube-system', name: 'coredns', labels: KUBE_DNS, port: 5353 });

  test('are reached at the port of their pods, which the mend names', async () => {
    expect(await alarms(usual, egressTo('kube-system', KUBE_DNS, 53))).toEqual([
      {
        message: 'Pod shop/web cannot reach DaemonSet kube-system/coredns by UDP or TCP',
        mend: 'allow egress to DaemonSet kube-system/coredns on port 5353, UDP and TCP',
      },
    ]);
    expect(await alarms(usual, egressTo('kube-system', KUBE_DNS, 5353))).toEqual([]);
  });

  test('are those behind their Service, whatever their labels are', async () => {
    const labels = '{ app: names }';
    const own = [servers({ namespace: 'kube-system', name: 'names', labels, port: 1053 }), service('kube-system', 'kube-dns', labels)];
    expect(await alarms(...own, egressTo('kube-system', labels, 1053))).toEqual([]);
    expect(await alarms(...own, egressTo('kube-system', KUBE_DNS, 53))).toMatchObject([
      { mend: expect.stringContaining('1053') as string },
    ]);
  });

  test('of OpenShift are found', async () => {
    const openshift = [
      servers({ namespace: 'openshift-dns', name: 'dns-default', labels: OPENSHIFT, port: 5353 }),
      service('openshift-dns', 'dns-default', OPENSHIFT),
    ];
    expect(await alarms(...openshift, egressTo('openshift-dns', OPENSHIFT, 5353))).toEqual([]);
    expect(await alarms(...openshift, egressTo('openshift-dns', OPENSHIFT, 53))).toHaveLength(1);
  });

  test('with the addresses of their nodes are no reason for an alarm', async () => {
    const onNodes = servers({ namespace: 'kube-system', name: 'coredns', labels: KUBE_DNS, port: 53, more: 'hostNetwork: true' });
    expect(await alarms(onNodes, policyYaml('podSelector: {}\npolicyTypes: [Egress]'))).toEqual([]);
  });

  test('are taken to be as everywhere where the input has none', async () => {
    expect(await alarms(egressTo('kube-system', KUBE_DNS, 53))).toEqual([]);
    expect(await alarms(egressTo('kube-system', KUBE_DNS, 5353))).toEqual([
      {
        message: 'Pod shop/web cannot reach the name servers (k8s-app=kube-dns in kube-system) by UDP or TCP',
        mend: 'allow egress to the name servers (k8s-app=kube-dns in kube-system) on port 53, UDP and TCP',
      },
    ]);
  });

  describe('of clusters of which the input says nothing', () => {
    const allow = (peer: string, ports = '[{ port: 53, protocol: UDP }, { port: 53 }]'): string =>
      policyYaml(`podSelector: {}\npolicyTypes: [Egress]\negress: [{ to: [${peer}], ports: ${ports} }]`);
    const named = '{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: kube-system } } }';

    test.each([
      ['a namespace by labels that the input does not tell', allow('{ namespaceSelector: { matchLabels: { contains: coredns } } }')],
      ['the ports by their names', allow(named, '[{ port: dns, protocol: UDP }, { port: dns-tcp }]')],
      ['those of OpenShift', egressTo('openshift-dns', OPENSHIFT, 5353)],
      [
        'all ports of the pods, wherever these are',
        policyYaml(
          'podSelector: {}\npolicyTypes: [Egress]\negress: [{ to: [{ namespaceSelector: { matchLabels: { a: b } }, podSelector: { matchLabels: { k8s-app: kube-dns } } }] }]',
        ),
      ],
    ])('are allowed by a rule that names %s', async (_what, policy) => {
      expect(await alarms(policy)).toEqual([]);
    });

    test.each([
      ['another namespace', allow('{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: shop } } }')],
      [
        'all pods of a namespace by its labels',
        policyYaml('podSelector: {}\npolicyTypes: [Egress]\negress: [{ to: [{ namespaceSelector: { matchLabels: { team: a } } }] }]'),
      ],
      ['a name that the port does not have', allow(named, '[{ port: names, protocol: UDP }]')],
      ['OpenShift’s pods at the port of others', egressTo('openshift-dns', OPENSHIFT, 53)],
    ])('are not by one that names %s', async (_what, policy) => {
      expect(await alarms(policy)).toHaveLength(1);
    });

    test('are not by labels of a namespace that the input tells, and that has them not', async () => {
      const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: kube-system }';
      const openshift = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: openshift-dns }';
      expect(await alarms(namespace, openshift, allow('{ namespaceSelector: { matchLabels: { contains: coredns } } }'))).toHaveLength(1);
    });
  });
});
