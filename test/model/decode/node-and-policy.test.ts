/** Every rule of the decoders of Namespace, Node and NetworkPolicy. */

import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../../src/model/ip.ts';
import { failureOf, namespace, node, policy } from './builders.ts';
import type { Json } from './builders.ts';

describe('a Namespace', () => {
  it.each([
    ['where it lacks it', undefined],
    ['beside others', { team: 'a' }],
    ['over a false one', { 'kubernetes.io/metadata.name': 'other' }],
  ])('always has its name as a label: %s', (_rule, labels) => {
    const read = namespace({ name: 'shop', namespace: null, labels });
    expect(read).toEqual({ kind: 'Namespace', name: 'shop', labels: { ...labels, 'kubernetes.io/metadata.name': 'shop' } });
  });
});

describe('a Node', () => {
  it('has its internal and external addresses, and not its names', () => {
    const addresses = [
      { type: 'Hostname', address: 'n1' },
      { type: 'InternalIP', address: '10.0.0.1' },
      { type: 'ExternalIP', address: 'fd00::1' },
      { type: 'InternalDNS', address: 'n1.local' },
    ];
    expect(node({ status: { addresses } }).addresses.map(formatAddress)).toEqual(['10.0.0.1', 'fd00::1']);
  });

  it.each<[string, Json, readonly string[]]>([
    ['podCIDRs', { podCIDR: '10.1.0.0/24', podCIDRs: ['10.1.0.0/24', 'fd00:1::/64'] }, ['10.1.0.0/24', 'fd00:1::/64']],
    ['podCIDR alone', { podCIDR: '10.1.0.0/24' }, ['10.1.0.0/24']],
    ['none', {}, []],
  ])('has as pod blocks %s', (_rule, spec, expected) => {
    expect(node({ spec }).podCIDRs).toEqual(expected);
  });

  it.each<[string, Json, string]>([
    ['a bad address', { status: { addresses: [{ type: 'InternalIP', address: 'n1' }] } }, 'status.addresses[0].address'],
    ['a bad block', { spec: { podCIDRs: ['10.1.0.0'] } }, 'spec.podCIDRs[0]'],
    ['a bad single block', { spec: { podCIDR: '10.1.0.0/40' } }, 'spec.podCIDR'],
  ])('with %s is an error', (_what, parts, field) => {
    expect(failureOf(() => node(parts))).toMatchObject({ code: 'E_OBJECT_FIELD', at: { object: 'Node web', field } });
  });
});

describe('a NetworkPolicy', () => {
  it('keeps its spec as it is, good or bad', () => {
    const spec = { podSelector: 7 };
    expect(policy({ spec }, { creationTimestamp: '1970-01-01T00:00:02Z', annotations: { 'postern.dev/a': 'b' } })).toEqual({
      kind: 'NetworkPolicy',
      namespace: 'shop',
      name: 'web',
      uid: 'NetworkPolicy/shop/web',
      createdAt: 2000,
      annotations: { 'postern.dev/a': 'b' },
      spec,
    });
    expect(policy({}).spec).toBeUndefined();
    expect(policy({}).createdAt).toBe(0);
  });
});
