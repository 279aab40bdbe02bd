/** Interfaces and addresses of the own namespace, and of another that is not entered. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InterfaceAddress } from '../../src/discovery/addresses.ts';
import type { Link } from '../../src/discovery/links.ts';
import { parseAddress } from '../../src/model/ip.ts';
import { obstacle } from '../native/support/kernel-access.ts';
import { NetworkNamespace } from '../native/support/network-namespace.ts';
import { parseJson } from './support/print-json.ts';

interface Lists {
  readonly links: readonly Link[];
  readonly addresses: readonly InterfaceAddress[];
}

describe.skipIf(obstacle !== undefined)('namespaces', () => {
  let node: NetworkNamespace;
  let pod: NetworkNamespace;
  let own: Lists;
  let other: Lists;
  let numbers: readonly (number | null)[];

  beforeAll(() => {
    node = new NetworkNamespace();
    pod = new NetworkNamespace();
    node.ip('link add br0 type bridge');
    node.ip(`link add host0 mtu 1400 address 02:00:00:00:00:01 master br0 type veth peer name eth0 netns ${pod.name}`);
    node.ip('link set host0 up');
    node.ip('addr add 10.98.1.1/24 dev br0');
    pod.ip('addr add 10.98.1.2 peer 10.98.1.1 dev eth0');
    pod.ip('addr add fd00:98::2/64 dev eth0 nodad');
    const script = new URL('scenarios/list-namespace.ts', import.meta.url).pathname;
    ({ own, other, numbers } = parseJson(node.run(process.execPath, [script])) as { own: Lists; other: Lists; numbers: (number | null)[] });
  });

  afterAll(() => {
    pod[Symbol.dispose]();
    node[Symbol.dispose]();
  });

  function linkOf(lists: Lists, name: string): Link {
    return lists.links.find((link) => link.name === name)!;
  }

  it('list interfaces with kind, peer, master, MTU, state and MAC', () => {
    const [host, bridge, eth] = [linkOf(own, 'host0'), linkOf(own, 'br0'), linkOf(other, 'eth0')];
    expect(host).toEqual({
      ifindex: expect.any(Number),
      name: 'host0',
      kind: 'veth',
      loopback: false,
      peer: eth.ifindex,
      peerNetnsid: expect.any(Number),
      master: bridge.ifindex,
      mtu: 1400,
      up: true,
      mac: '02:00:00:00:00:01',
    });
    expect(bridge).toMatchObject({ kind: 'bridge', up: false });
    expect(eth).toMatchObject({ kind: 'veth', peer: host.ifindex, up: false });
    expect(linkOf(own, 'lo')).toMatchObject({ loopback: true, mac: '00:00:00:00:00:00' });
    expect(linkOf(own, 'lo').kind).toBeUndefined();
  });

  it('list addresses of both families, of point-to-point interfaces the own end', () => {
    const eth = linkOf(other, 'eth0').ifindex;
    const wanted = [
      { ifindex: eth, address: parseAddress('10.98.1.2'), prefixLength: 32, scope: 'global' },
      { ifindex: eth, address: parseAddress('fd00:98::2'), prefixLength: 64, scope: 'global' },
    ];
    expect(other.addresses.filter(({ ifindex }) => ifindex === eth)).toEqual(wanted);
    expect(own.addresses).toContainEqual({
      ifindex: linkOf(own, 'br0').ifindex,
      address: parseAddress('10.98.1.1'),
      prefixLength: 24,
      scope: 'global',
    });
    expect(own.addresses).toContainEqual({ ifindex: 1, address: parseAddress('127.0.0.1'), prefixLength: 8, scope: 'host' });
  });

  it('are known by a number here, the own one once another has told of an interface that leads back', () => {
    expect(numbers).toEqual([null, linkOf(other, 'eth0').peerNetnsid]);
    expect(numbers[1]).not.toBe(linkOf(own, 'host0').peerNetnsid);
  });
});
