/** Every rule of the decoders of Service and EndpointSlice, one row each. */

import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../../src/model/ip.ts';
import { failureOf, service, slice } from './builders.ts';
import type { Json } from './builders.ts';

describe('a Service', () => {
  it.each<[string, Json, Json]>([
    ['is a ClusterIP Service unless it says otherwise', {}, { type: 'ClusterIP', ports: [], selector: {} }],
    ['may be of each type', { spec: { type: 'LoadBalancer' } }, { type: 'LoadBalancer' }],
    ['selects by labels', { spec: { selector: { app: 'web' } } }, { selector: { app: 'web' } }],
  ])('%s', (_rule, parts, expected) => {
    expect(service(parts)).toMatchObject(expected);
  });

  it.each<[string, Json, readonly string[]]>([
    ['clusterIPs', { clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1', 'fd00::60'] }, ['10.96.0.1', 'fd00::60']],
    ['clusterIP alone', { clusterIP: '10.96.0.1' }, ['10.96.0.1']],
    ['none where headless', { clusterIP: 'None', clusterIPs: ['None'] }, []],
    ['none before one is given out', { clusterIP: '' }, []],
  ])('has as cluster addresses %s', (_rule, spec, addresses) => {
    expect(service({ spec }).clusterIPs.map(formatAddress)).toEqual(addresses);
  });

  it('has external addresses, and those of its balancer that kube-proxy rewrites', () => {
    const ingress = [
      { ip: '192.0.2.1' },
      { hostname: 'lb.example' },
      { ip: '192.0.2.2', ipMode: 'Proxy' },
      { ip: '192.0.2.3', ipMode: 'VIP' },
    ];
    const read = service({ spec: { externalIPs: ['198.51.100.1'] }, status: { loadBalancer: { ingress } } });
    expect(read.externalIPs.map(formatAddress)).toEqual(['198.51.100.1']);
    expect(read.loadBalancerIPs.map(formatAddress)).toEqual(['192.0.2.1', '192.0.2.3']);
  });

  it('has ports with their node ports', () => {
    const list = [{ port: 80 }, { name: 'dns', port: 53, protocol: 'UDP', nodePort: 30053 }, { name: 'none', port: 81, nodePort: 0 }];
    expect(service({ spec: { ports: list } }).ports).toEqual([
      { name: '', protocol: 'TCP', port: 80 },
      { name: 'dns', protocol: 'UDP', port: 53, nodePort: 30053 },
      { name: 'none', protocol: 'TCP', port: 81 },
    ]);
  });

  it.each<[string, Json, string]>([
    ['an unknown type', { spec: { type: 'Internal' } }, 'spec.type'],
    ['a bad cluster address', { spec: { clusterIPs: ['none'] } }, 'spec.clusterIPs[0]'],
    ['a bad single cluster address', { spec: { clusterIP: '10.96' } }, 'spec.clusterIP'],
    ['a bad external address', { spec: { externalIPs: ['198.51.100.1', 'x'] } }, 'spec.externalIPs[1]'],
    ['a bad balancer address', { status: { loadBalancer: { ingress: [{ ip: 'x' }] } } }, 'status.loadBalancer.ingress[0].ip'],
    ['a port without a number', { spec: { ports: [{ name: 'http' }] } }, 'spec.ports[0].port'],
    ['a bad node port', { spec: { ports: [{ port: 80, nodePort: 70000 }] } }, 'spec.ports[0].nodePort'],
    ['a selector value that is a number', { spec: { selector: { v: 1 } } }, 'spec.selector["v"]'],
  ])('with %s is an error', (_what, parts, field) => {
    expect(failureOf(() => service(parts))).toMatchObject({ code: 'E_OBJECT_FIELD', at: { object: 'Service shop/web', field } });
  });
});

describe('an EndpointSlice', () => {
  it('belongs to the Service of its label', () => {
    expect(slice({}, { labels: { 'kubernetes.io/service-name': 'web' } }).service).toBe('web');
    expect(slice({}).service).toBe('');
  });

  it.each<[string, Json | null | undefined, Json]>([
    ['ready, where nothing is said', undefined, { ready: true, serving: true, terminating: false }],
    ['ready, where null is said', { ready: null, serving: null, terminating: null }, { ready: true, serving: true, terminating: false }],
    ['serving as it is ready', { ready: false }, { ready: false, serving: false, terminating: false }],
    ['as it says', { ready: false, serving: true, terminating: true }, { ready: false, serving: true, terminating: true }],
  ])('has endpoints that are %s', (_rule, conditions, expected) => {
    const [endpoint] = slice({ addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'], nodeName: 'n1', conditions }] }).endpoints;
    expect(endpoint).toEqual({ addresses: [0xffff_0a00_0001n], nodeName: 'n1', ...expected });
  });

  it('has ports, and passes over those that stand for all', () => {
    expect(slice({ ports: [{ port: 80 }, { port: null }, { name: 'dns', port: 53, protocol: 'UDP' }] }).ports).toEqual([
      { name: '', protocol: 'TCP', port: 80 },
      { name: 'dns', protocol: 'UDP', port: 53 },
    ]);
  });

  it('of host names has no endpoints', () => {
    expect(slice({ addressType: 'FQDN', endpoints: [{ addresses: ['a.example'] }] }).endpoints).toEqual([]);
  });

  it.each<[string, Json, string]>([
    ['a bad address', { endpoints: [{ addresses: ['10.0.0.1'] }, { addresses: ['x'] }] }, 'endpoints[1].addresses[0]'],
    ['a condition that is a text', { endpoints: [{ conditions: { ready: 'yes' } }] }, 'endpoints[0].conditions.ready'],
    ['a bad port', { ports: [{ port: 0 }] }, 'ports[0].port'],
    ['an unknown address type', { addressType: 'MAC' }, 'addressType'],
  ])('with %s is an error', (_what, parts, field) => {
    expect(failureOf(() => slice(parts))).toMatchObject({ code: 'E_OBJECT_FIELD', at: { object: 'EndpointSlice shop/web', field } });
  });
});
