/** How packet events read. */

import { describe, expect, it } from 'vitest';
import { formatEvent, formatSuppressed } from '../../src/cli/monitor-line.ts';
import type { NamedEvent } from '../../src/agent/drop-log.ts';
import { withoutColours } from './without-colours.ts';

const EVENT: NamedEvent = {
  time: '2026-11-21T18:56:04.097Z',
  node: 'node-1',
  verdict: 'deny',
  reason: 'POLICY',
  text: 'no policy allows it',
  direction: 'egress',
  pod: 'shop/web',
  peer: '198.51.100.10',
  source: '10.1.0.2',
  destination: '198.51.100.10',
  protocol: 'TCP',
  port: 443,
  sourcePort: 40000,
  policies: ['shop/default-deny', 'shop/web'],
  allowedBy: [],
};

const read = (event: Partial<NamedEvent>): string => withoutColours(formatEvent({ ...EVENT, ...event })).replaceAll(/ {2,}/g, '  ');

describe('a line of the monitor', () => {
  it('says of a drop who, whom, why and by default deny of which policies', () => {
    expect(read({})).toBe(
      '18:56:04.097  DROP  egress  shop/web → 198.51.100.10  TCP/443  no policy allows it: default deny by shop/default-deny, shop/web',
    );
  });

  it('says of an allowed flow which rules let it in, the sender first', () => {
    const allowedBy = [{ policy: 'shop/db', direction: 'ingress', rule: 2 }] as const;
    expect(
      read({
        verdict: 'allow',
        text: 'allowed by policy',
        direction: 'ingress',
        pod: 'shop/db',
        peer: 'shop/api',
        policies: [],
        allowedBy,
      }),
    ).toBe('18:56:04.097  ALLOW  ingress  shop/api → shop/db  TCP/443  allowed by policy: shop/db ingress[2]');
  });

  it('names no policy where none has to do with it, and no port where there is none', () => {
    expect(read({ text: "source address is not the pod's", policies: [], protocol: 'ICMP', port: 0 })).toBe(
      "18:56:04.097  DROP  egress  shop/web → 198.51.100.10  ICMP  source address is not the pod's",
    );
  });

  it('says how many events were not told', () => {
    const notice = { kind: 'suppressed', time: EVENT.time, node: 'node-1', pod: 'shop/web', count: 120 } as const;
    expect(withoutColours(formatSuppressed(notice))).toContain('shop/web: 120 more events were not told');
    expect(withoutColours(formatSuppressed({ ...notice, pod: null, count: 1 }))).toContain('other interfaces: 1 more event was not told');
  });
});
