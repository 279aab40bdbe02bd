import { describe, expect, test } from 'vitest';
import type { DiffReport, OneSided } from '../../../src/audit/diff/diff-report.ts';
import { diffMarkdown, diffText } from '../../../src/audit/diff/diff-text.ts';
import { makeDiff } from '../../../src/audit/diff/make-diff.ts';
import { policyYaml } from '../../../src/audit/checks/policy-yaml.ts';
import { describePorts } from '../../../src/audit/describe-rule.ts';
import { readText } from '../support/read-text.ts';

const PODS = ['web', 'friend', 'foe'].map(
  (name) =>
    `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name}, namespace: shop, labels: { app: ${name} } }\nspec: { containers: [{ name: c, image: example/c }] }`,
);
const from = (app: string, ports = '[{ port: 80 }]'): string =>
  policyYaml(
    `podSelector: { matchLabels: { app: web } }\ningress: [{ from: [{ podSelector: { matchLabels: { app: ${app} } } }], ports: ${ports} }]`,
  );

async function diff(before: readonly string[], after: readonly string[]): Promise<DiffReport> {
  return makeDiff(await readText(...PODS, ...before), await readText(...PODS, ...after));
}

function words({ changes }: DiffReport): string[] {
  return changes.map(({ from: source, to, gained, lost }) => `${source.id} > ${to.id} +${describePorts(gained)} -${describePorts(lost)}`);
}

function toCome({ toCome: changes, ...report }: DiffReport): string[] {
  return words({ ...report, toCome: [], changes });
}

describe('the difference of two states', () => {
  test('is none where only the text differs', async () => {
    const other = policyYaml(
      'podSelector: { matchExpressions: [{ key: app, operator: In, values: [web] }] }\npolicyTypes: [Ingress]\ningress: [{ ports: [{ port: 80, endPort: 80 }], from: [{ podSelector: { matchLabels: { app: friend } } }] }]',
    );
    expect(await diff([from('friend')], [other])).toMatchObject({ equivalent: true, changes: [], toCome: [] });
  });

  test('names what is gained and lost, with the ports', async () => {
    const report = await diff([from('friend')], [from('foe', '[{ port: 80 }, { port: 443 }]')]);
    expect(words(report)).toEqual([
      'shop/Pod/friend > shop/Pod/web +no port -80/TCP',
      'shop/Pod/foe > shop/Pod/web +80/TCP, 443/TCP -no port',
    ]);
  });

  test('sees what only pods that may come would gain', async () => {
    const report = await diff([from('friend')], [from('friend'), from('cron').replace('name: web,', 'name: cron,')]);
    expect(report.changes).toEqual([]);
    expect(report.equivalent).toBe(false);
    expect(report.toCome.map(({ from: source, to }) => `${source.id} > ${to.id}`)).toContain('shop/Pod/a pod with app=cron > shop/Pod/web');
  });

  describe('sees what ports are called', () => {
    const toPods = (ports: string): string =>
      policyYaml(`podSelector: {}\npolicyTypes: [Egress]\negress: [{ to: [{ podSelector: {} }], ports: ${ports} }]`).replace(
        'name: web,',
        'name: out,',
      );

    test('by pods that may come, where nobody has a port of that name', async () => {
      const report = await diff([from('friend', '[{ port: http }]')], [from('friend', '[{ port: web }]')]);
      expect(report).toMatchObject({ equivalent: false, changes: [] });
      const pod = 'shop/Pod/a pod with app=web whose port http is 10000/TCP, port web is 10001/TCP';
      expect(toCome(report)).toContain(`shop/Pod/friend > ${pod} +10001/TCP -10000/TCP`);
      expect(diffText(report, false)).toContain('nothing changes for the workloads that are there');
      expect(diffText(report, false)).toContain('→ a pod with app=web whose port http is 10000/TCP, port web is 10001/TCP in shop: ');
      expect(diffMarkdown(report)).toContain('| a pod with app=web whose port http is 10000/TCP, port web is 10001/TCP in shop |');
    });

    test('by a name that one side gives and a number that the other one gives', async () => {
      const numbers = from('friend', '[{ port: 8080 }]');
      const report = await diff([numbers, toPods('[{ port: 443 }, { port: http }]')], [numbers, toPods('[{ port: 443 }]')]);
      expect(report.equivalent).toBe(false);
      expect(toCome(report)).toContain('shop/Pod/friend > shop/Pod/a pod with app=web whose port http is 8080/TCP +no port -8080/TCP');
    });

    test('and says nothing where a name makes no difference', async () => {
      const all = from('friend', '[{}]');
      const named = from('friend', '[{}, { port: http }]');
      expect(await diff([all], [named])).toMatchObject({ equivalent: true, toCome: [], incomplete: [] });
      expect(await diff([from('friend', '[{ port: http }]')], [from('friend', '[{ port: http }]')])).toMatchObject({ equivalent: true });
    });

    test('and tells other changes once, whatever ports are called', async () => {
      const cron = from('cron', '[{ port: 80 }]').replace('name: web,', 'name: cron,');
      const [less, more] = [
        await diff([from('friend')], [from('friend'), cron]),
        await diff([from('friend', '[{ port: 80 }, { port: http }]')], [from('friend', '[{ port: 80 }, { port: http }]'), cron]),
      ];
      expect(toCome(more)).toEqual(toCome(less));
    });
  });

  test('sees networks outside, by the pieces that both states know', async () => {
    const block = (cidr: string): string =>
      policyYaml(`podSelector: { matchLabels: { app: web } }\ningress: [{ from: [{ ipBlock: { cidr: ${cidr} } }] }]`);
    expect(words(await diff([block('203.0.113.0/24')], [block('203.0.113.0/25')]))).toEqual([
      '203.0.113.0/24 without 203.0.113.0/25 > shop/Pod/web +no port -all ports',
    ]);
  });

  test('calls what no policy names any other address, also where a policy names the whole world', async () => {
    const world = policyYaml(
      'podSelector: { matchLabels: { app: web } }\ningress: [{ from: [{ ipBlock: { cidr: 0.0.0.0/0, except: [10.0.0.0/8] } }] }]',
    );
    expect(words(await diff([from('friend')], [world]))).toEqual(
      expect.arrayContaining(['any other IPv4 address > shop/Pod/web +all ports -no port']),
    );
  });

  test('tells ICMP from all ports of all protocols', async () => {
    const all = '[{ protocol: TCP }, { protocol: UDP }, { protocol: SCTP }]';
    const open = policyYaml(
      'podSelector: { matchLabels: { app: web } }\ningress: [{ from: [{ podSelector: { matchLabels: { app: friend } } }] }]',
    );
    expect(words(await diff([open], [from('friend', all)]))).toEqual(['shop/Pod/friend > shop/Pod/web +no port -all ports']);
  });

  test('knows no port 0', async () => {
    const written =
      '[{ port: 1, endPort: 65535 }, { port: 1, endPort: 65535, protocol: UDP }, { port: 1, endPort: 65535, protocol: SCTP }]';
    const short = '[{ protocol: TCP }, { protocol: UDP }, { protocol: SCTP }]';
    expect(await diff([from('friend', written)], [from('friend', short)])).toMatchObject({ equivalent: true, changes: [] });
    const open = policyYaml(
      'podSelector: { matchLabels: { app: web } }\ningress: [{ from: [{ podSelector: { matchLabels: { app: friend } } }] }]',
    );
    expect(words(await diff([from('friend', written)], [open]))).toEqual(['shop/Pod/friend > shop/Pod/web +all ports -no port']);
  });

  test('says what workloads may that only one state has, and calls none of it gained or lost', async () => {
    const [web, friend, foe] = PODS as [string, string, string];
    const both = [from('friend'), policyYaml('podSelector: { matchLabels: { app: foe } }').replace('name: web,', 'name: foe,')];
    const report = makeDiff(await readText(web, friend, ...both), await readText(web, foe, ...both));
    expect(report).toMatchObject({ equivalent: true, changes: [], added: { leftOut: 0 }, removed: { leftOut: 0 } });
    const told = ({ workloads, connections }: OneSided): unknown[] => [
      workloads,
      connections.map(({ from: source, to, ports }) => `${source.id} > ${to.id} ${describePorts(ports)}`),
    ];
    const outside = ['any other IPv4 address', 'any other IPv6 address'];
    expect(told(report.added)).toEqual([['shop/Pod/foe'], outside.map((name) => `shop/Pod/foe > ${name} all ports`)]);
    expect(told(report.removed)).toEqual([
      ['shop/Pod/friend'],
      [
        'shop/Pod/friend > shop/Pod/web 80/TCP',
        'shop/Pod/web > shop/Pod/friend all ports',
        ...outside.flatMap((name) => [`shop/Pod/friend > ${name} all ports`, `${name} > shop/Pod/friend all ports`]),
      ],
    ]);
    expect(diffText(report, false)).toContain('Only before:\n  shop/Pod/friend\n    - shop/Pod/friend → shop/Pod/web: 80/TCP\n');
    expect(diffMarkdown(report)).toContain('| shop/Pod/friend | shop/Pod/web | 80/TCP |');
  });

  test('tells no more than the first connections of many', async () => {
    const many = Array.from({ length: 200 }, (_, index) => (PODS[2] as string).replaceAll('foe', `pod-${index}`));
    const { added } = makeDiff(await readText(PODS[0] as string), await readText(PODS[0] as string, ...many));
    const all = 200 * 199 + 2 * 200 + 4 * 200;
    expect([added.workloads.length, added.connections.length, added.leftOut]).toEqual([200, 10_000, all - 10_000]);
  });
});
