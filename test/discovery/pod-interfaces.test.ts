/** Pods' interfaces are found by address and proved by the kernel's links, whatever CNI plugin made them, without entering a namespace. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EnforceableInterface, PodInterface } from '../../src/discovery/pod-interfaces.ts';
import { formatAddress } from '../../src/model/ip.ts';
import { obstacle } from '../native/support/kernel-access.ts';
import { NetworkNamespace } from '../native/support/network-namespace.ts';
import { CniNode } from './support/cni-node.ts';
import { parseJson } from './support/print-json.ts';

const BRIDGE = { bridge: 'cni0', isGateway: true };

describe.skipIf(obstacle !== undefined)('finding the interfaces of pods', () => {
  let node: CniNode;

  beforeAll(() => {
    node = new CniNode();
  });

  afterAll(() => {
    node[Symbol.dispose]();
  });

  function find(...words: readonly string[]): PodInterface[] {
    return findWith([], ...words) as PodInterface[];
  }

  function findWith(prefix: readonly string[], ...words: readonly string[]): unknown {
    const [command = '', ...rest] = [...prefix, process.execPath, new URL('scenarios/find-pods.ts', import.meta.url).pathname, ...words];
    return parseJson(node.netns.run(command, rest));
  }

  /** The one result, which must be enforceable. */
  function findOne(address: string): EnforceableInterface {
    const found = find(address);
    expect(found).toHaveLength(1);
    expect(found[0]).toHaveProperty('hostIfindex');
    return found[0] as EnforceableInterface;
  }

  function ifindexOf(netns: NetworkNamespace, name: string): number {
    return (JSON.parse(netns.ip(`-j link show ${name}`)) as { ifindex: number }[])[0]!.ifindex;
  }

  /** The interface that the namespace's eth0 says is its peer. */
  function peerOf(pod: NetworkNamespace): number {
    return (JSON.parse(pod.ip('-j link show eth0')) as { link_index: number }[])[0]!.link_index;
  }

  it('finds a bridge pod by both of its addresses', () => {
    const { pod, addresses } = node.addPod('bridge', ['10.98.0.0/24', 'fd00:98::/64'], BRIDGE);
    const found = find(...addresses) as EnforceableInterface[];
    expect(found.map(({ address }) => formatAddress(address)).toSorted()).toEqual(addresses.toSorted());
    for (const each of found) {
      expect(each).toMatchObject({
        podIfindex: ifindexOf(pod, 'eth0'),
        hostIfindex: peerOf(pod),
        contested: false,
      });
    }
    const gateways = found[0]!.gateways.map(formatAddress);
    expect(gateways).toEqual(expect.arrayContaining(['10.98.0.1', 'fd00:98::1', expect.stringMatching(/^fe80::/)]));
  });

  it('tells two pods of one bridge apart', () => {
    const first = node.addPod('bridge', ['10.98.0.0/24'], BRIDGE);
    const second = node.addPod('bridge', ['10.98.0.0/24'], BRIDGE);
    expect(findOne(first.addresses[0]!).hostIfindex).toBe(peerOf(first.pod));
    expect(findOne(second.addresses[0]!).hostIfindex).toBe(peerOf(second.pod));
    expect(peerOf(first.pod)).not.toBe(peerOf(second.pod));
  });

  it('finds a ptp pod, with the addresses of the host side as gateways', () => {
    const { pod, addresses } = node.addPod('ptp', ['10.97.0.0/24', 'fd00:97::/64']);
    for (const address of addresses) {
      const found = findOne(address);
      expect(found.hostIfindex).toBe(peerOf(pod));
      const gateways = found.gateways.map(formatAddress);
      expect(gateways).toEqual(expect.arrayContaining(['10.97.0.1', 'fd00:97::1']));
      expect(gateways).not.toContain('10.98.0.1');
    }
  });

  it('sees nothing of a macvlan pod, since no interface leads to it', () => {
    node.netns.ip('link add uplink type veth peer name far');
    node.netns.ip('link set uplink up');
    const { addresses } = node.addPod('macvlan', ['10.96.0.0/24'], { master: 'uplink' });
    expect(find(addresses[0]!)).toEqual([]);
  });

  it('does not ask behind interfaces that are settled', () => {
    const first = node.addPod('ptp', ['10.97.0.0/24']);
    const second = node.addPod('ptp', ['10.97.0.0/24']);
    const settled = `settled=${peerOf(first.pod)}`;
    expect(find(first.addresses[0]!, second.addresses[0]!, settled)).toEqual([
      expect.objectContaining({ hostIfindex: peerOf(second.pod) }),
    ]);
  });

  it('finds addresses that are still checked for duplicates', () => {
    const { pod } = node.addPod('ptp', ['10.97.0.0/24']);
    pod.ip('addr add fd00:94::1/64 dev eth0');
    expect(pod.ip('-6 addr show dev eth0 tentative')).toContain('fd00:94::1');
    expect(findOne('fd00:94::1').hostIfindex).toBe(peerOf(pod));
  });

  it('is not misled by a namespace that got the number of one that died', () => {
    const dead = new NetworkNamespace();
    node.netns.ip(`link add dead type veth peer name eth0 netns ${dead.name}`);
    dead.ip('addr add 10.93.0.1/24 dev eth0');
    const { netnsid } = findOne('10.93.0.1');
    dead[Symbol.dispose]();
    while (node.netns.ip('-o link show').includes('dead')) continue;
    const { pod, addresses } = node.addPod('ptp', ['10.97.0.0/24']);
    expect(find('10.93.0.1')).toEqual([]);
    expect(findOne(addresses[0]!)).toMatchObject({ netnsid, hostIfindex: peerOf(pod) });
  });

  it('does not look into namespaces that a pod has made', () => {
    const { pod } = node.addPod('ptp', ['10.97.0.0/24']);
    const nested = node.addNamespace();
    pod.ip(`link add in0 type veth peer name eth0 netns ${nested.name}`);
    nested.ip('addr add 10.92.0.1/24 dev eth0');
    expect(find('10.92.0.1')).toEqual([]);
  });

  it('says that a veth to somewhere else has no host side here', () => {
    const { pod } = node.addPod('ptp', ['10.97.0.0/24']);
    const elsewhere = node.addNamespace();
    pod.ip(`link add net1 type veth peer name peer0 netns ${elsewhere.name}`);
    pod.ip('addr add 10.95.0.1/24 dev net1');
    expect(find('10.95.0.1')).toEqual([
      expect.objectContaining({ unenforced: "the other end of its interface net1 is not in the agent's network namespace" }),
    ]);
  });

  it('does not believe a veth whose peer has the index of an interface here', () => {
    const { pod } = node.addPod('ptp', ['10.97.0.0/24']);
    const victim = peerOf(node.addPod('ptp', ['10.97.0.0/24']).pod);
    // Both ends in the pod: the peer's index there is that of another pod's interface here.
    pod.ip(`link add net1 index ${victim + 1000} type veth peer name fake index ${victim}`);
    pod.ip('addr add 10.95.0.2/24 dev net1');
    expect(ifindexOf(pod, 'fake')).toBe(victim);
    expect(find('10.95.0.2')).toEqual([expect.objectContaining({ unenforced: expect.stringContaining('not in the agent') })]);
  });

  it('does not believe loopback or in-pod bridges', () => {
    const { pod } = node.addPod('ptp', ['10.97.0.0/24']);
    pod.ip('addr add 10.95.0.3/32 dev lo');
    pod.ip('link add br0 type bridge');
    pod.ip('addr add 10.95.0.4/24 dev br0');
    expect(find('10.95.0.3')).toEqual([expect.objectContaining({ unenforced: 'its address is on the loopback interface lo' })]);
    expect(find('10.95.0.4')).toEqual([
      expect.objectContaining({ unenforced: 'its interface br0 is a bridge interface, which has no host side' }),
    ]);
  });

  it('marks an address that two namespaces carry', () => {
    const { addresses } = node.addPod('ptp', ['10.97.0.0/24']);
    expect(findOne(addresses[0]!).contested).toBe(false);
    const thief = node.addPod('ptp', ['10.97.0.0/24']);
    thief.pod.ip(`addr add ${addresses[0]}/32 dev eth0`);
    const found = find(addresses[0]!) as EnforceableInterface[];
    expect(found).toHaveLength(2);
    expect(found.every(({ contested }) => contested)).toBe(true);
  });

  it("never takes the node's own addresses for a pod's", () => {
    node.netns.ip('addr add 10.94.0.1/24 dev lo');
    expect(find('10.94.0.1')).toEqual([]);
  });

  it('needs NET_ADMIN and nothing else', () => {
    const { addresses } = node.addPod('ptp', ['10.97.0.0/24']);
    const only = (capability: string): string[] => ['setpriv', `--bounding-set=-all,+${capability}`, '--inh-caps=-all'];
    expect(findWith(only('net_admin'), addresses[0]!)).toHaveLength(1);
    expect(findWith(only('net_raw'), addresses[0]!)).toEqual({ code: 'E_NETLINK', mend: expect.stringContaining('NET_ADMIN') });
  });
});
