/** Which packet events a filter takes. */

import { describe, expect, it } from 'vitest';
import type { NamedEvent } from '../../src/agent/drop-log.ts';
import { matchesFilter, parsePeer, parsePortRange, type MonitorFilter } from '../../src/cli/monitor-filter.ts';

const ALL: MonitorFilter = { namespaces: [], pods: [], peers: [], directions: [], verdicts: [], reasons: [], ports: [], protocols: [] };

const EVENT: NamedEvent = {
  time: '2026-11-21T18:56:04.097Z',
  node: 'node-1',
  verdict: 'deny',
  reason: 'POLICY',
  text: 'no policy allows it',
  direction: 'ingress',
  pod: 'shop/db',
  peer: 'shop/mallory',
  source: '10.1.0.9',
  destination: '10.1.0.3',
  protocol: 'TCP',
  port: 5432,
  sourcePort: 40000,
  policies: ['shop/db'],
  allowedBy: [],
};

const takes = (filter: Partial<MonitorFilter>, event: Partial<NamedEvent> = {}): boolean =>
  matchesFilter({ ...ALL, ...filter }, { ...EVENT, ...event });

describe('a filter', () => {
  it('that says nothing takes everything', () => {
    expect(takes({})).toBe(true);
  });

  it.each<[string, Partial<MonitorFilter>, Partial<MonitorFilter>]>([
    ['namespace', { namespaces: ['bank', 'shop'] }, { namespaces: ['sho'] }],
    ['pod', { pods: ['db'] }, { pods: ['b'] }],
    ['pod with its namespace', { pods: ['shop/db'] }, { pods: ['bank/db'] }],
    ['peer by name', { peers: [parsePeer('shop/mallory')] }, { peers: [parsePeer('allory')] }],
    ['peer by address', { peers: [parsePeer('10.1.0.9')] }, { peers: [parsePeer('10.1.0.3')] }],
    ['peer by block', { peers: [parsePeer('10.1.0.0/16')] }, { peers: [parsePeer('10.2.0.0/16'), parsePeer('::/0')] }],
    ['direction', { directions: ['ingress'] }, { directions: ['egress'] }],
    ['verdict', { verdicts: ['allow', 'deny'] }, { verdicts: ['allow'] }],
    ['reason', { reasons: ['POLICY'] }, { reasons: ['FLOW_CUT'] }],
    ['port', { ports: [parsePortRange('5432')] }, { ports: [parsePortRange('5433')] }],
    ['range of ports', { ports: [parsePortRange('5000-5999')] }, { ports: [parsePortRange('6000-6999')] }],
    ['protocol', { protocols: ['UDP', 'TCP'] }, { protocols: ['UDP'] }],
  ])('by %s takes what fits, and nothing else', (_by, fits, misses) => {
    expect(takes(fits)).toBe(true);
    expect(takes(misses)).toBe(false);
  });

  it('takes the address at the other end in both directions', () => {
    const out = { direction: 'egress', source: '10.1.0.3', destination: '203.0.113.9', peer: '203.0.113.9' } as const;
    expect(takes({ peers: [parsePeer('203.0.113.0/24')] }, out)).toBe(true);
    expect(takes({ peers: [parsePeer('10.1.0.3')] }, out)).toBe(false);
  });

  it('knows Services and nodes by their bare names too', () => {
    const names = ['front', 'shop/front', 'service front', 'service shop/front'];
    expect(names.map((name) => takes({ peers: [parsePeer(name)] }, { peer: 'service shop/front' }))).toEqual([true, true, true, true]);
    expect(takes({ peers: [parsePeer('node-2')] }, { peer: 'node node-2' })).toBe(true);
  });

  it('must hold in all its kinds', () => {
    expect(takes({ pods: ['db'], ports: [parsePortRange('80')] })).toBe(false);
  });

  it.each(['x', '-1', '80-', '90-80', '65536', '1-65536'])('takes %s for no port', (text) => {
    expect(() => parsePortRange(text)).toThrow('it must be a port');
  });

  it.each(['10.1', '10.0.0.0/33', 'fd00::/200', '1::2::3'])('takes %s for no peer', (text) => {
    expect(() => parsePeer(text)).toThrow(/address|prefix|CIDR|octet|IP/i);
  });
});
