/** What is selected of a matrix, and how questions about ports are read. */

import { describe, expect, it } from 'vitest';
import { parsePortQuery, extentOf, narrowPorts } from '../../../src/audit/matrix/port-query.ts';
import { shortPorts } from '../../../src/audit/matrix/port-text.ts';
import { judgeSide } from '../../../src/audit/matrix/rule-verdicts.ts';
import { fullName, listPairs, selectView } from '../../../src/audit/matrix/matrix-view.ts';
import { NO_PORTS, portsOf } from '../../../src/policy/ports.ts';
import { makeCluster } from './cluster-matrix.ts';
import { makeReport, tcp, udp } from './matrix-builder.ts';
import { makeShop } from './shop-matrix.ts';

const shop = makeShop();

function pairsOf(options: Parameters<typeof selectView>[1]): string[] {
  return [...listPairs(selectView(shop, options))].map(({ source, destination }) => `${fullName(source)} > ${fullName(destination)}`);
}

describe('a view', () => {
  it('stands by namespace and name, with what is outside last', () => {
    expect(selectView(shop).peers.map(fullName)).toEqual([
      'legacy/Pod/batch',
      'monitoring/DaemonSet/node-exporter',
      'monitoring/StatefulSet/prometheus',
      'shop/Deployment/api',
      'shop/StatefulSet/db',
      'shop/Deployment/web',
      'internet',
    ]);
  });

  it('keeps to namespaces, and to what is outside', () => {
    expect(selectView(shop, { namespaces: ['legacy'] }).peers.map(fullName)).toEqual(['legacy/Pod/batch', 'internet']);
  });

  it('never asks from outside to outside', () => {
    expect(pairsOf({})).toHaveLength(7 * 7 - 1);
    expect(pairsOf({})).not.toContain('internet > internet');
  });

  it('parts pairs into allowed and denied, without one in both or in none', () => {
    const allowed = pairsOf({ only: 'allowed' });
    const denied = pairsOf({ only: 'denied' });
    expect(allowed).toContain('shop/Deployment/web > shop/Deployment/api');
    expect(denied).toContain('shop/Deployment/web > shop/StatefulSet/db');
    expect([...allowed, ...denied].toSorted()).toEqual(pairsOf({}).toSorted());
  });

  it('says only what concerns the ports that are asked about', () => {
    const view = selectView(shop, { ports: tcp(80), only: 'allowed' });
    const pairs = [...listPairs(view)];
    expect(pairs.every(({ ports }) => shortPorts(ports) === '80')).toBe(true);
    expect(pairs.map(({ source, destination }) => `${source.name} ${destination.name}`)).not.toContain('web api');
    expect(pairs.map(({ source, destination }) => `${source.name} ${destination.name}`)).toContain('internet web');
  });

  it('chooses workloads or pods where the report has both', () => {
    const both = makeReport(
      [
        { namespace: 'a', workload: 'Deployment', name: 'w', pods: 2 },
        { namespace: 'a', workload: 'Deployment', name: 'w-1', kind: 'pod' },
        { name: 'internet', kind: 'outside' },
      ],
      [],
    );
    expect(selectView(both, { by: 'workload' }).peers.map(fullName)).toEqual(['a/Deployment/w', 'internet']);
    expect(selectView(both, { by: 'pod' }).peers.map(fullName)).toEqual(['a/w-1', 'internet']);
  });

  it('is made of 10,000 pods, too', () => {
    const report = makeCluster({ workloads: 500, namespaces: 60, pods: 20, by: 'pod' });
    expect(selectView(report).peers).toHaveLength(10_002);
  });
});

describe('a question about ports', () => {
  it.each([
    ['443', tcp(443)],
    ['53/udp', udp(53)],
    ['80/TCP, 443/TCP', tcp(80, 443)],
    ['8000-8080/TCP', portsOf([{ protocol: 'TCP', first: 8000, last: 8080 }])],
    ['SCTP', portsOf([{ protocol: 'SCTP', first: 0, last: 65535 }])],
  ])('reads %s', (text, ports) => {
    expect(parsePortQuery(text)).toEqual(ports);
  });

  it('asks about everything where nothing is said', () => {
    expect(parsePortQuery('  ')).toBeUndefined();
  });

  it.each(['http', '70000', '90-80', '80/ICMP', '80/', '-1', '80-/TCP', '1e3'])('does not take %s for a port', (text) => {
    expect(() => parsePortQuery(text)).toThrow(expect.objectContaining({ code: 'E_PORT_QUERY' }));
  });

  it('tells whether all, some or none of it is allowed', () => {
    expect(extentOf('all', tcp(80))).toBe('all');
    expect(extentOf(tcp(80, 443), tcp(80))).toBe('all');
    expect(extentOf(tcp(80), tcp(80, 443))).toBe('some');
    expect(extentOf(tcp(80), udp(80))).toBe('none');
    expect(extentOf(tcp(80), undefined)).toBe('some');
    expect(extentOf(NO_PORTS, undefined)).toBe('none');
    expect(narrowPorts('all', udp(53))).toEqual(udp(53));
  });
});

describe('ports in few letters', () => {
  it.each([
    ['all', 'all'],
    [NO_PORTS, '-'],
    [tcp(80, 443), '80,443'],
    [udp(53), '53/UDP'],
    [portsOf([{ protocol: 'TCP', first: 0, last: 65535 }]), 'TCP'],
    [
      portsOf([
        { protocol: 'TCP', first: 80, last: 90 },
        { protocol: 'UDP', first: 53, last: 53 },
      ]),
      '80-90 53/UDP',
    ],
    [
      portsOf([
        { protocol: 'TCP', first: 53, last: 53 },
        { protocol: 'UDP', first: 53, last: 53 },
      ]),
      '53/TCP+UDP',
    ],
    [portsOf(['TCP', 'UDP', 'SCTP'].map((protocol) => ({ protocol: protocol as 'TCP', first: 0, last: 65535 }))), 'TCP+UDP+SCTP'],
  ] as const)('%j is %s', (ports, text) => {
    expect(shortPorts(ports)).toBe(text);
  });

  it('counts what it does not name', () => {
    expect(shortPorts(tcp(1, 3, 5, 7, 9), 2)).toBe('1,3 +3');
  });
});

describe('one side of a pair', () => {
  const classOf = (name: string): number => shop.peers.find((peer) => peer.name === name)?.class ?? -1;

  it('lets everything through where no policy isolates', () => {
    expect(judgeSide(shop, 'egress', classOf('batch'), classOf('db'))).toEqual({ isolatedBy: undefined, rules: [], ports: 'all' });
  });

  it('names the policies that isolate, and what each of their rules says', () => {
    const side = judgeSide(shop, 'ingress', classOf('api'), classOf('db'));
    expect(side.isolatedBy).toEqual(['shop/default-deny', 'shop/db', 'shop/scrape']);
    expect(side.rules.map(({ rule, ports }) => [rule.policy, ports])).toEqual([
      ['shop/db', tcp(5432)],
      ['shop/scrape', undefined],
    ]);
    expect(side.ports).toEqual(tcp(5432));
  });

  it('reads a named port by the destination, on whichever side the rule stands', () => {
    const report = makeReport(
      ['a', 'b', 'c'].map((name) => ({ namespace: 'n', workload: 'Deployment', name, class: name })),
      [
        { name: 'n/in', selects: ['b', 'c'], ingress: [{ peers: ['a'], ports: tcp(80), byName: { c: tcp(8080) } }] },
        { name: 'n/out', selects: ['a'], egress: [{ peers: 'any', ports: tcp(80), byName: { c: tcp(8080) } }] },
      ],
    );
    const [a = 0, b = 0, c = 0] = report.peers.map((peer) => peer.class);
    expect(judgeSide(report, 'ingress', a, b).ports).toEqual(tcp(80));
    expect(judgeSide(report, 'ingress', a, c).ports).toEqual(tcp(8080));
    expect(judgeSide(report, 'egress', a, c).ports).toEqual(tcp(8080));
    expect(judgeSide(report, 'ingress', b, c).ports).toEqual(NO_PORTS);
  });
});
