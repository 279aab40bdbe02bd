import { parseAllDocuments } from 'yaml';
import { describe, expect, it } from 'vitest';
import { policyYaml } from '../../../src/audit/checks/policy-yaml.ts';
import { AuditModel } from '../../../src/audit/model/audit-model.ts';
import { suggestSkeletons, type SkeletonOptions } from '../../../src/audit/suggest/suggest-skeletons.ts';
import { writeSuggestion } from '../../../src/audit/suggest/write-suggestion.ts';
import { readText } from '../support/read-text.ts';

const pod = (key: string, extra: object = {}, spec: object = {}): string => {
  const [namespace = '', name = ''] = key.split('/');
  const metadata = { namespace, name, labels: { app: name, ...extra } };
  return JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ name: 'c', image: 'c' }], ...spec } });
};
const SHOP = [pod('shop/web'), pod('shop/db')];

interface Skeletons {
  readonly specs: Readonly<Record<string, object>>;
  readonly notes: readonly string[];
}

async function skeletons(documents: readonly string[], options: SkeletonOptions = {}): Promise<Skeletons> {
  const suggestion = suggestSkeletons(new AuditModel(await readText(...documents)), options);
  const made = parseAllDocuments(writeSuggestion('skeletons', suggestion)).map(
    (document) => document.toJS() as { metadata: { name: string; namespace: string }; spec: object } | null,
  );
  const specs = made.flatMap((one) => (one === null ? [] : [[`${one.metadata.namespace}/${one.metadata.name}`, one.spec] as const]));
  return { specs: Object.fromEntries(specs), notes: suggestion.notes };
}

const dnsRule = (port = 53): object => ({
  to: [
    {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
    },
  ],
  ports: [
    { protocol: 'UDP', port },
    { protocol: 'TCP', port },
  ],
});

describe('skeletons', () => {
  it('deny both directions and allow name resolution, in every namespace that has workloads', async () => {
    const { specs } = await skeletons([...SHOP, '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"empty"}}']);
    expect(specs).toEqual({
      'shop/default-deny': { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
      'shop/allow-dns': { podSelector: {}, policyTypes: ['Egress'], egress: [dnsRule()] },
    });
  });

  it('are none where both directions are denied by default already, in however many policies', async () => {
    const ingress = policyYaml('podSelector: {}\npolicyTypes: [Ingress]').replace('name: web', 'name: in');
    expect((await skeletons([...SHOP, ingress, policyYaml('podSelector: {}\npolicyTypes: [Egress]')])).specs).toEqual({});
  });

  it('add the direction that is lacking', async () => {
    expect((await skeletons([...SHOP, policyYaml('podSelector: {}\npolicyTypes: [Egress]')])).specs).toEqual({
      'shop/default-deny-ingress': { podSelector: {}, policyTypes: ['Ingress'] },
    });
    const { specs } = await skeletons([...SHOP, policyYaml('podSelector: {}\npolicyTypes: [Ingress]')]);
    expect(Object.keys(specs)).toEqual(['shop/default-deny-egress', 'shop/allow-dns']);
  });

  it('give nothing new to whom a policy isolates for egress, and say so', async () => {
    const { specs, notes } = await skeletons([...SHOP, policyYaml('podSelector: { matchLabels: { app: db } }\npolicyTypes: [Egress]')]);
    expect(specs['shop/allow-dns']).toMatchObject({
      podSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['db'] }] },
    });
    expect(notes).toEqual(['isolated for egress already, and given no DNS here: Pod shop/db']);
  });

  it('replace no policy that has the name', async () => {
    const named = policyYaml('podSelector: { matchLabels: { app: db } }').replace('name: web', 'name: default-deny');
    expect(Object.keys((await skeletons([...SHOP, named])).specs)).toEqual(['shop/default-deny-2', 'shop/allow-dns']);
  });

  it('know the port of the name servers’ pods, and NodeLocal DNS', async () => {
    const dns = pod(
      'kube-system/dns',
      { 'k8s-app': 'kube-dns' },
      { containers: [{ name: 'c', ports: [{ containerPort: 5353, protocol: 'UDP' }] }] },
    );
    const { specs } = await skeletons([...SHOP, dns, pod('kube-system/node-local-dns', {}, { hostNetwork: true })]);
    expect(specs['shop/allow-dns']).toMatchObject({
      egress: [dnsRule(5353), { to: [{ ipBlock: { cidr: '169.254.20.10/32' } }], ports: [{ port: 53 }, { port: 53 }] }],
    });
  });

  it('leave kube-system alone unless it is named, and the host’s network always', async () => {
    const system = [pod('kube-system/dns', { 'k8s-app': 'kube-dns' }), pod('net/agent', {}, { hostNetwork: true })];
    const { specs, notes } = await skeletons([...SHOP, ...system]);
    expect(Object.keys(specs)).toEqual(['shop/default-deny', 'shop/allow-dns']);
    expect(notes).toEqual([expect.stringContaining('nothing for kube-system') as string]);
    expect(Object.keys((await skeletons([...SHOP, ...system], { namespaces: ['kube-system'] })).specs)).toEqual([
      'kube-system/default-deny',
      'kube-system/allow-dns',
    ]);
  });
});
