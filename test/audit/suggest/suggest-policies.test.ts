import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { AuditModel } from '../../../src/audit/model/audit-model.ts';
import { explain } from '../../../src/audit/explain/explain.ts';
import { parsePolicy } from '../../../src/policy/parse-policy.ts';
import { readText } from '../support/read-text.ts';
import { lineOf, suggest, withPolicies, type Suggested } from './flow-lines.ts';

const pod = (key: string, labels: Readonly<Record<string, string>> = {}, spec: object = {}, podIP?: string): string => {
  const [namespace = '', name = ''] = key.split('/');
  const containers = [{ name: 'c', image: 'example/c', ports: [{ name: 'http', containerPort: 8080 }] }];
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels: { app: name, ...labels } },
    spec: { containers, ...spec },
    status: { phase: 'Running', ...(podIP === undefined ? {} : { podIP }) },
  });
};
const SERVICE = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name: 'front' },
  spec: { clusterIP: '10.96.0.7', selector: { app: 'api' }, ports: [{ port: 80, targetPort: 'http' }] },
});
const API_SERVER = [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name: 'kubernetes' },
    spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, targetPort: 6443 }] },
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    addressType: 'IPv4',
    metadata: { namespace: 'default', name: 'kubernetes', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    endpoints: [{ addresses: ['192.0.2.10'] }],
    ports: [{ name: 'https', protocol: 'TCP', port: 6443 }],
  },
].map((object) => JSON.stringify(object));
const SHOP = [pod('shop/web'), pod('shop/api'), pod('shop/db'), pod('bank/pay')];

interface Spec {
  readonly podSelector: object;
  readonly policyTypes: readonly string[];
  readonly ingress?: readonly object[];
  readonly egress?: readonly object[];
}

function specsOf({ text }: Suggested): Record<string, Spec> {
  const documents = parseAllDocuments(text).map(
    (document) => document.toJS() as { metadata: { name: string; namespace: string }; spec: Spec } | null,
  );
  return Object.fromEntries(
    documents.flatMap((one) => (one === null ? [] : [[`${one.metadata.namespace}/${one.metadata.name}`, one.spec]])),
  );
}

describe('suggested policies', () => {
  it('are one for each direction of each workload that had flows, and isolate in that direction alone', async () => {
    const made = await suggest(await readText(...SHOP), [lineOf({}), lineOf({ pod: 'shop/db', peer: 'bank/pay', port: 443 })]);
    const specs = specsOf(made);
    expect(Object.keys(specs)).toEqual([
      'bank/pay-ingress',
      'bank/pay-egress',
      'shop/db-ingress',
      'shop/db-egress',
      'shop/web-ingress',
      'shop/web-egress',
    ]);
    expect(specs['shop/db-ingress']).toEqual({
      podSelector: { matchLabels: { app: 'db' } },
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ protocol: 'TCP', port: 5432 }] }],
    });
    expect(specs['shop/db-egress']?.egress).toEqual([
      {
        to: [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'bank' } },
            podSelector: { matchLabels: { app: 'pay' } },
          },
        ],
        ports: [{ protocol: 'TCP', port: 443 }],
      },
    ]);
    expect(specs['shop/web-ingress']).toEqual({ podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress'] });
    expect(made.suggestion.notes).toEqual(['no policy, because no flow was seen, for Pod shop/api']);
    expect(made.suggestion.lacking).toEqual([]);
  });

  it('are for the workloads and directions that are asked for, flows or none', async () => {
    const input = await readText(...SHOP);
    const workloads = input.workloads.filter(({ name }) => name === 'api' || name === 'db');
    const made = await suggest(input, [lineOf({})], { workloads, directions: ['ingress'] });
    expect(Object.keys(specsOf(made))).toEqual(['shop/api-ingress', 'shop/db-ingress']);
    expect(made.text).toContain('# ingress of Pod shop/api: no flow was seen, so it allows nothing');
  });

  it('say how many flows stand behind each rule', async () => {
    const made = await suggest(await readText(...SHOP), [lineOf({}), lineOf({}), lineOf({ port: 80 })]);
    expect(made.text).toContain('    # 3 flows to Pod shop/db\n    - to:');
    // Told by one end, it counts for the other one.
    expect(made.text).toContain('    # 3 flows from Pod shop/web\n    - from:');
  });

  it('count a flow that both ends told of once for each', async () => {
    const made = await suggest(await readText(...SHOP), [lineOf({}), lineOf({ direction: 'ingress', pod: 'shop/db', peer: 'shop/web' })]);
    expect(made.text.match(/# 1 flow /g)).toHaveLength(2);
  });

  it('leave out what was denied, at the end that denied it, unless that is asked for', async () => {
    const input = await readText(...SHOP);
    const denied = lineOf({ direction: 'ingress', pod: 'shop/db', peer: 'shop/web', verdict: 'deny', reason: 'POLICY' });
    const without = await suggest(input, [lineOf({}), denied]);
    expect(specsOf(without)['shop/web-egress']?.egress).toHaveLength(1);
    expect(specsOf(without)['shop/db-ingress']).toBeUndefined();
    expect(without.suggestion.notes[0]).toBe('1 flow that no policy allowed left out (--include-denied takes them in)');
    const all = await suggest(input, [lineOf({}), denied], { includeDenied: true });
    expect(specsOf(all)['shop/db-ingress']?.ingress).toHaveLength(1);
  });

  it('name outside addresses one by one, those with the same ports in one rule, or by networks', async () => {
    const to = (destination: string, port = 443): string => lineOf({ peer: destination, destination, port });
    const lines = [to('203.0.113.9'), to('203.0.113.10'), to('2001:db8::1'), to('198.51.100.1', 53)];
    const input = await readText(...SHOP);
    const blocks = (cidrs: readonly string[], port: number): object => ({
      to: cidrs.map((cidr) => ({ ipBlock: { cidr } })),
      ports: [{ protocol: 'TCP', port }],
    });
    expect(specsOf(await suggest(input, lines))['shop/web-egress']?.egress).toEqual([
      blocks(['198.51.100.1/32'], 53),
      blocks(['203.0.113.9/32', '203.0.113.10/32', '2001:db8::1/128'], 443),
    ]);
    const wide = await suggest(input, lines, { prefixes: { v4: 24, v6: 64 } });
    expect(specsOf(wide)['shop/web-egress']?.egress).toEqual([
      blocks(['198.51.100.0/24'], 53),
      blocks(['203.0.113.0/24', '2001:db8::/64'], 443),
    ]);
    expect(wide.text).toContain('# 3 flows to 2 networks outside');
  });

  it('say where a network holds addresses of the cluster', async () => {
    const input = await readText(pod('shop/web'), pod('shop/db', {}, {}, '203.0.113.77'));
    const made = await suggest(input, [lineOf({ peer: '203.0.113.9', destination: '203.0.113.9' })], { prefixes: { v4: 24, v6: 128 } });
    expect(made.text).toContain("# the cluster's own addresses are among them, such as that of shop/db");
  });

  it('give runs of ports as ranges, and nothing between others', async () => {
    const lines = [8000, 8001, 8002, 80, 81, 8004].map((port) => lineOf({ port }));
    const made = await suggest(await readText(...SHOP), lines);
    expect(specsOf(made)['shop/db-ingress']?.ingress).toMatchObject([
      {
        ports: [
          { protocol: 'TCP', port: 80 },
          { protocol: 'TCP', port: 81 },
          { protocol: 'TCP', port: 8000, endPort: 8002 },
          { protocol: 'TCP', port: 8004 },
        ],
      },
    ]);
  });

  it('follow a Service to the pods and ports behind it, by its name or its address', async () => {
    const input = await readText(...SHOP, SERVICE, ...API_SERVER);
    for (const peer of ['service shop/front', '10.96.0.7']) {
      const made = await suggest(input, [lineOf({ peer, destination: '10.96.0.7', port: 80 })]);
      expect(specsOf(made)['shop/web-egress']?.egress).toEqual([
        { to: [{ podSelector: { matchLabels: { app: 'api' } } }], ports: [{ protocol: 'TCP', port: 8080 }] },
      ]);
      expect(specsOf(made)['shop/api-ingress']?.ingress).toHaveLength(1);
    }
    const made = await suggest(input, [lineOf({ peer: 'service default/kubernetes', destination: '10.96.0.1', port: 443 })]);
    expect(specsOf(made)['shop/web-egress']?.egress).toEqual([
      { to: [{ ipBlock: { cidr: '192.0.2.10/32' } }], ports: [{ protocol: 'TCP', port: 6443 }] },
    ]);
  });

  it('know the name servers, whether the input holds them or not, and leave their own namespace alone', async () => {
    const line = lineOf({ peer: 'kube-system/coredns-5d8f7c9b4-x7k2p', protocol: 'UDP', port: 53 });
    const rule = {
      to: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
          podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
        },
      ],
      ports: [{ protocol: 'UDP', port: 53 }],
    };
    const dns = workload('kube-system/coredns', { 'k8s-app': 'kube-dns' });
    for (const documents of [SHOP, [...SHOP, dns]]) {
      const made = await suggest(await readText(...documents), [line]);
      expect(Object.keys(specsOf(made))).toEqual(['shop/web-ingress', 'shop/web-egress']);
      expect(specsOf(made)['shop/web-egress']?.egress).toEqual([rule]);
      expect(made.text).toContain('53/TCP, which was not seen');
    }
    const input = await readText(...SHOP, dns);
    const workloads = input.workloads.filter(({ name }) => name === 'coredns');
    expect(Object.keys(specsOf(await suggest(input, [line], { workloads })))).toEqual([
      'kube-system/coredns-ingress',
      'kube-system/coredns-egress',
    ]);
  });

  it('need nothing for the own node, and an address for another', async () => {
    const node = (name: string): string =>
      lineOf({ direction: 'ingress', pod: 'shop/web', peer: `node ${name}`, source: '192.0.2.1', port: 8080 });
    const input = await readText(...SHOP);
    expect((await suggest(input, [node('node-1')])).suggestion.policies).toEqual([]);
    const made = await suggest(input, [node('node-2')]);
    expect(specsOf(made)['shop/web-ingress']?.ingress).toEqual([
      { from: [{ ipBlock: { cidr: '192.0.2.1/32' } }], ports: [{ protocol: 'TCP', port: 8080 }] },
    ]);
    expect(made.text).toContain('# 1 flow from 1 address outside: node node-2');
  });

  it('name pods on the host’s network by their address, and have none for them', async () => {
    const input = await readText(...SHOP, pod('shop/proxy', {}, { hostNetwork: true }));
    const made = await suggest(input, [lineOf({ peer: 'shop/proxy', destination: '192.0.2.9' })], { workloads: input.workloads });
    expect(specsOf(made)['shop/web-egress']?.egress).toMatchObject([{ to: [{ ipBlock: { cidr: '192.0.2.9/32' } }] }]);
    expect(Object.keys(specsOf(made)).some((name) => name.includes('proxy'))).toBe(false);
    expect(made.suggestion.lacking).toEqual([expect.stringContaining('Pod shop/proxy') as string]);
  });

  it('do not open everything for what no rule can name, and say so', async () => {
    const made = await suggest(await readText(...SHOP), [lineOf({ protocol: 'ICMP', port: 0 })]);
    expect(specsOf(made)['shop/web-egress']?.egress).toBeUndefined();
    expect(made.text).toContain('# not allowed: 1 flow of ICMP: no rule can name it, and one without ports allows everything');
  });

  it('say of which ends nobody knows who they are', async () => {
    const lines = [lineOf({ peer: 'shop/gone' }), lineOf({ peer: 'shop/gone' }), lineOf({ pod: 'interface 7' }), 'nonsense'];
    const { suggestion } = await suggest(await readText(...SHOP), lines);
    expect(suggestion.policies).toEqual([]);
    expect(suggestion.lacking).toEqual([
      'flows.jsonl: 1 line is no flow: line 4',
      'the input does not say whose these are, so that their flows are left out: pod interface 7 (1 flow), pod shop/gone (2 flows)',
    ]);
  });

  it('replace none that is there, and say which of those allow something beside', async () => {
    const there = JSON.stringify({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { namespace: 'shop', name: 'db-ingress' },
      spec: { podSelector: {}, ingress: [{}] },
    });
    const made = await suggest(await readText(...SHOP, there), [lineOf({})]);
    expect(Object.keys(specsOf(made))).toContain('shop/db-ingress-2');
    expect(Object.keys(specsOf(made))).not.toContain('shop/db-ingress');
    expect(made.text).toContain('# policies add up: what shop/db-ingress allows stays allowed');
  });

  it('say whom their selectors take in beside those that are meant', async () => {
    const documents = [
      pod('shop/web'),
      pod('shop/db'),
      pod('shop/db-copy', { app: 'db', track: 'copy' }),
      pod('shop/twin', { app: 'web' }),
    ];
    const { text } = await suggest(await readText(...documents), [lineOf({})]);
    expect(text).toContain('# it selects Pod shop/db-copy as well, whose labels are the same and more');
    expect(text).toContain('# egress of Pod shop/twin, Pod shop/web\n# they have the same labels, so that one policy is for all of them');
    expect(text).toContain('    # its labels select Pod shop/db-copy as well, with the same labels and more');
  });

  it('are none for pods without labels', async () => {
    const bare = '{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"bare"},"spec":{"containers":[]}}';
    const made = await suggest(await readText(...SHOP, bare), [lineOf({ pod: 'shop/bare' })]);
    expect(Object.keys(specsOf(made))).toEqual(['shop/db-ingress', 'shop/db-egress']);
    expect(specsOf(made)['shop/db-ingress']?.ingress).toBeUndefined();
    expect(made.text).toContain('# not allowed: 1 flow with Pod shop/bare: pods without labels cannot be selected');
    expect(made.suggestion.lacking).toEqual(['no policy, because nothing selects pods without labels, for Pod shop/bare']);
  });

  it('read the same whatever the order of lines and manifests', async () => {
    const lines = [
      lineOf({}),
      lineOf({ peer: 'shop/api', port: 8080 }),
      lineOf({ peer: '203.0.113.9', destination: '203.0.113.9' }),
      lineOf({ peer: '203.0.113.8', destination: '203.0.113.8' }),
      lineOf({ peer: 'bank/pay', protocol: 'SCTP', port: 1 }),
    ];
    const { text } = await suggest(await readText(...SHOP), lines);
    expect((await suggest(await readText(...SHOP.toReversed()), lines.toReversed())).text).toBe(text);
  });

  it('allow what was seen when they are explained, and not the next port', async () => {
    const input = await readText(...SHOP);
    const { text } = await suggest(input, [lineOf({})]);
    const model = new AuditModel(await withPolicies(input, text));
    expect(explain(model, 'shop/web', 'shop/db:5432').allowed).toBe('all');
    expect(explain(model, 'shop/web', 'shop/db:5433').allowed).toBe('none');
    expect(explain(model, 'bank/pay', 'shop/db:5432').allowed).toBe('none');
    expect(explain(model, 'shop/db', 'shop/web:5432').allowed).toBe('none');
  });
});

describe('hostile labels and names', () => {
  const HOSTILE = {
    on: 'yes',
    y: '1e3',
    '<<': '12:30:45',
    __proto__x: '0o17',
    'a: b': '# no comment',
    'line\nbreak': 'x\n---\nkind: Pod',
    '*alias': '&anchor !tag',
    empty: '',
    nul: 'null',
    '~': '0x1F',
    quote: `"'\u2028\u0085`,
  };

  it('are read back as they were, by readers of either YAML', async () => {
    const labels = { ...JSON.parse('{"__proto__":"own"}'), ...HOSTILE } as Record<string, string>;
    const input = await readText(pod('shop/web', labels), pod('shop/db'));
    const made = await suggest(input, [lineOf({})]);
    const expected = { app: 'web', ...HOSTILE };
    for (const version of ['1.1', '1.2'] as const) {
      const documents = made.text.split(/^---$/m).slice(1);
      expect(documents).toHaveLength(4);
      const egress = parse(documents[3]!, { version, merge: true }) as { spec: { podSelector: { matchLabels: object } } };
      expect(Object.entries(egress.spec.podSelector.matchLabels).filter(([key]) => key !== '__proto__')).toEqual(
        expect.arrayContaining(Object.entries(expected)),
      );
    }
    const policies = (await withPolicies(input, made.text)).objects.flatMap(({ object }) =>
      object.kind === 'NetworkPolicy' ? [object] : [],
    );
    expect(policies).toHaveLength(4);
    expect(policies.flatMap((policy) => parsePolicy(policy).problems).filter(({ message }) => !message.includes('label'))).toEqual([]);
  });

  it('of flows are comments of one line', async () => {
    const made = await suggest(await readText(...SHOP), [lineOf({ peer: 'node x\nkind: Pod\r\u2028- evil', destination: '192.0.2.3' })]);
    expect(made.text).toContain(String.raw`outside: node x\nkind: Pod\r\u2028- evil`);
    expect(made.text).not.toMatch(/^kind: Pod/m);
  });
});

function workload(key: string, labels: Readonly<Record<string, string>>): string {
  const [namespace, name] = key.split('/');
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'c' }] } } },
  });
}
