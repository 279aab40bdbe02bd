/** Policies that are suggested for a list of flows: whom they select, and how they name whom these talk to. */

import { describe, expect, it } from 'vitest';
import { readText } from '../support/read-text.ts';
import { lineOf, suggest } from './flow-lines.ts';
import { API_SERVER, pod, SERVICE, SHOP, specsOf, workload } from './suggest-input.ts';

describe('suggested policies', () => {
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
});
