/** Packet events in words: who, to whom, and which policy or rule is behind it. */

import { describe, expect, it } from 'vitest';
import { nameEvent, type NamedEvent } from '../../src/agent/drop-log.ts';
import { isAnswer } from '../../src/agent/is-answer.ts';
import { PeerNames } from '../../src/agent/peer-names.ts';
import { Compiler } from '../../src/compiler/compiler.ts';
import { parseAddress } from '../../src/model/ip.ts';
import type { PacketEvent } from '../../src/model/packet-event.ts';
import { reasonNumber } from '../../src/model/reasons.ts';
import { namespace, node, pod, policy } from '../support/builders/objects.ts';
import { service } from '../support/builders/services.ts';

const [WEB, API, FAR, NODE2, SERVICE, STRANGER] = ['10.1.0.2', '10.1.0.3', '10.2.0.2', '10.9.0.2', '10.96.0.7', '203.0.113.9'];
const apps = (app: string): object => ({ podSelector: { matchLabels: { app } } });
const POD = (name: string, address: string, on: string) => pod(`shop/${name}`, { node: on, addresses: [address], labels: { app: name } });

function stage(): Compiler {
  const compiler = new Compiler({ node: 'node-1' });
  const objects = [
    namespace('shop'),
    node('node-1', ['10.9.0.1']),
    node('node-2', [NODE2]),
    POD('web', WEB, 'node-1'),
    POD('api', API, 'node-1'),
    POD('far', FAR, 'node-2'),
    service('shop/front', { addresses: [SERVICE], ports: [{ protocol: 'TCP', port: 80, targetPort: 80 }] }),
    policy('shop/web', {
      podSelector: { matchLabels: { app: 'web' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [apps('nobody')] }, { from: [apps('far')], ports: [{ port: 80 }] }],
      egress: [{ to: [apps('far')], ports: [{ port: 5432 }] }],
    }),
    policy('shop/more', { podSelector: {}, ingress: [{ from: [apps('far')] }] }),
  ];
  compiler.apply(objects.map((object) => ({ type: 'upsert', object })));
  compiler.flush({ ms: 0, monotonic: 0n });
  return compiler;
}

const EVENT: PacketEvent = {
  time: 5_000_000_000n,
  endpoint: 1,
  ifindex: 12,
  source: parseAddress(FAR),
  destination: parseAddress(WEB),
  sourcePort: 40000,
  destinationPort: 80,
  direction: 'ingress',
  verdict: 'deny',
  reason: reasonNumber('POLICY'),
  protocol: 6,
  tcpFlags: 2,
  icmpType: 0,
  length: 74,
};

function name(of: Partial<PacketEvent>, pod: string | null = 'shop/web'): NamedEvent {
  const compiler = stage();
  return nameEvent({ ...EVENT, ...of }, pod ?? undefined, { node: 'node-1', compiler, peers: new PeerNames(compiler), bootTime: 1000 });
}

const allowed = (of: Partial<PacketEvent>): Partial<PacketEvent> => ({ verdict: 'allow', reason: reasonNumber('ALLOWED'), ...of });

describe('an event', () => {
  it('of a drop names the policies that isolate the pod in that direction, and no rule', () => {
    expect(name({})).toMatchObject({
      time: '1970-01-01T00:00:06.000Z',
      reason: 'POLICY',
      pod: 'shop/web',
      peer: 'shop/far',
      policies: ['shop/web', 'shop/more'],
      allowedBy: [],
    });
    expect(name({ direction: 'egress', source: EVENT.destination, destination: EVENT.source }).policies).toEqual(['shop/web']);
    expect(name({ reason: reasonNumber('SPOOFED_SOURCE') }).policies).toEqual([]);
  });

  it('of an allowed flow names every rule that allows it, and no policy that only isolates', () => {
    expect(name(allowed({}))).toMatchObject({
      policies: [],
      text: 'allowed by policy',
      allowedBy: [
        { policy: 'shop/web', direction: 'ingress', rule: 1 },
        { policy: 'shop/more', direction: 'ingress', rule: 0 },
      ],
    });
    expect(name(allowed({ destinationPort: 81 })).allowedBy).toEqual([{ policy: 'shop/more', direction: 'ingress', rule: 0 }]);
  });

  it('of a packet that no policy asks about says so', () => {
    const of = { ...allowed({}), direction: 'egress' as const, source: parseAddress(API), destination: parseAddress(FAR) };
    expect(name(of, 'shop/api')).toMatchObject({ text: 'no policy isolates the pod for egress', allowedBy: [] });
  });

  it('of a reply names the rule that allows what it replies to', () => {
    // The pod had opened it: the far pod answers from the port that was asked.
    const of = { verdict: 'allow' as const, reason: reasonNumber('REPLY'), sourcePort: 5432, destinationPort: 40000, tcpFlags: 0x10 };
    expect(name(of).allowedBy).toEqual([{ policy: 'shop/web', direction: 'egress', rule: 0 }]);
  });

  it('of a flow that is judged anew names the rule by which it was opened, whoever sent the packet', () => {
    const acks = { tcpFlags: 0x10 };
    const answer = { ...allowed(acks), direction: 'egress' as const, source: EVENT.destination, destination: EVENT.source };
    const opened = {
      text: 'judged anew, and still allowed',
      allowedBy: expect.arrayContaining([{ policy: 'shop/web', direction: 'ingress', rule: 1 }]),
    };
    expect(name({ ...answer, sourcePort: 80, destinationPort: 40000 })).toMatchObject(opened);
    expect(name({ ...allowed(acks), sourcePort: 40000, destinationPort: 80 })).toMatchObject(opened);
    // The pod asked, and is answered.
    const heard = name({ ...allowed(acks), sourcePort: 5432, destinationPort: 40000 });
    expect(heard.allowedBy).toEqual([{ policy: 'shop/web', direction: 'egress', rule: 0 }]);
  });

  it('of a datagram from a server to a client names what the client was allowed to ask', () => {
    const udp = { protocol: 17, tcpFlags: 0, direction: 'egress' as const, source: EVENT.destination, destination: EVENT.source };
    expect(name({ ...allowed(udp), sourcePort: 53, destinationPort: 40000 }).allowedBy).toEqual([
      { policy: 'shop/more', direction: 'ingress', rule: 0 },
    ]);
  });

  it("of the own node's traffic names nobody", () => {
    expect(name({ verdict: 'allow', reason: reasonNumber('NODE') })).toMatchObject({
      text: "traffic with the pod's own node",
      allowedBy: [],
    });
  });

  it('calls peers by what they are', () => {
    const peers = [WEB, SERVICE, NODE2, STRANGER].map((address) => name({ source: parseAddress(address) }).peer);
    expect(peers).toEqual(['shop/web', 'service shop/front', 'node node-2', STRANGER]);
  });

  it('has no ports where the protocol has none', () => {
    expect(name({ protocol: 1, destinationPort: 77 })).toMatchObject({ protocol: 'ICMP', port: 0, sourcePort: 0 });
    expect(name({ protocol: 89 }, null)).toMatchObject({ protocol: '89', pod: 'interface 12', policies: [] });
  });

  it('of a SYN-ACK tells of no new flow, unless it was dropped', () => {
    expect(isAnswer({ ...EVENT, verdict: 'allow', tcpFlags: 0x12 })).toBe(true);
    expect(isAnswer({ ...EVENT, verdict: 'allow', tcpFlags: 0x02 })).toBe(false);
    expect(isAnswer({ ...EVENT, verdict: 'allow', tcpFlags: 0x10 })).toBe(false);
    expect(isAnswer({ ...EVENT, verdict: 'deny', tcpFlags: 0x12 })).toBe(false);
    expect(isAnswer({ ...EVENT, verdict: 'allow', tcpFlags: 0x12, protocol: 17 })).toBe(false);
  });
});
