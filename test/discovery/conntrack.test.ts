/** The kernel's connection tracking, as it is listed. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONNTRACK_DST_NAT, CONNTRACK_SEEN_REPLY, type ConntrackRow } from '../../src/discovery/conntrack.ts';
import { parseAddress } from '../../src/model/ip.ts';
import { obstacle } from '../native/support/kernel-access.ts';
import { NetworkNamespace } from '../native/support/network-namespace.ts';
import { parseJson } from './support/print-json.ts';

const SEND_UDP = `const socket = require('node:dgram').createSocket(process.argv[1]);
socket.bind(4000, () => socket.send('x', Number(process.argv[3]), process.argv[2], () => socket.close()));`;

const RULES = `table inet test {
  chain output { type filter hook output priority 0; ct state new accept; }
}
table ip nat {
  chain output { type nat hook output priority -100; ip daddr 10.93.0.9 udp dport 53 dnat to 10.93.0.2:5300; }
}`;

describe.skipIf(obstacle !== undefined)('connection tracking', () => {
  let near: NetworkNamespace;
  let far: NetworkNamespace;
  let rows: readonly ConntrackRow[];

  beforeAll(() => {
    near = new NetworkNamespace();
    far = new NetworkNamespace();
    near.ip(`link add eth0 type veth peer name eth0 netns ${far.name}`);
    for (const [netns, last] of [
      [near, 1],
      [far, 2],
    ] as const) {
      netns.ip(`addr add 10.93.0.${last}/24 dev eth0`);
      netns.ip(`addr add fd00:93::${last}/64 dev eth0 nodad`);
      netns.ip('link set eth0 up');
    }
    near.run('nft', ['-f', '-'], RULES);
    near.run('ping', ['-c', '1', '-W', '2', '10.93.0.2']);
    near.run('ping', ['-c', '1', '-W', '2', 'fd00:93::2']);
    near.run(process.execPath, ['-e', SEND_UDP, 'udp4', '10.93.0.9', '53']);
    near.run(process.execPath, ['-e', SEND_UDP, 'udp6', 'fd00:93::2', '5301']);
    const script = new URL('scenarios/list-conntrack.ts', import.meta.url).pathname;
    rows = parseJson(near.run(process.execPath, [script])) as ConntrackRow[];
  });

  afterAll(() => {
    far[Symbol.dispose]();
    near[Symbol.dispose]();
  });

  function rowTo(address: string, protocol: number): ConntrackRow | undefined {
    return rows.find(({ original, protocol: number }) => original.destination === parseAddress(address) && number === protocol);
  }

  it('tells both tuples of a flow whose destination was rewritten', () => {
    const row = rowTo('10.93.0.9', 17)!;
    expect(row.original).toEqual({
      source: parseAddress('10.93.0.1'),
      destination: parseAddress('10.93.0.9'),
      sourcePort: 4000,
      destinationPort: 53,
    });
    expect(row.reply).toEqual({
      source: parseAddress('10.93.0.2'),
      destination: parseAddress('10.93.0.1'),
      sourcePort: 5300,
      destinationPort: 4000,
    });
    expect(row.status & CONNTRACK_DST_NAT).toBe(CONNTRACK_DST_NAT);
    expect(row.zone).toBe(0);
  });

  it('tells IPv6 flows too', () => {
    expect(rowTo('fd00:93::2', 17)).toMatchObject({ original: { sourcePort: 4000, destinationPort: 5301 } });
  });

  it.each([
    ['10.93.0.2', 1, 8, 0],
    ['fd00:93::2', 58, 128, 129],
  ])('tells the id and type of an echo to %s', (address, protocol, request, reply) => {
    const row = rowTo(address, protocol)!;
    expect(row.original.icmp).toMatchObject({ type: request });
    expect(row.reply.icmp).toEqual({ id: row.original.icmp!.id, type: reply });
    expect(row.status & CONNTRACK_SEEN_REPLY).toBe(CONNTRACK_SEEN_REPLY);
  });
});
