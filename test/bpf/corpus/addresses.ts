/** Addresses that mean something of their own, as source and as destination: none of them borrows what another form of the same number may. */

import { concat, wireAddress } from '../../support/builders/bytes.ts';
import { hopByHop } from '../../support/builders/extension-headers.ts';
import { ethernet, ipv4, ipv4Padding, ipv6, mappedAddress, type Packet } from '../../support/builders/frames.ts';
import { tcp, udp } from '../../support/builders/segments.ts';
import { GATEWAY_LINK_LOCAL, V4, V6 } from '../stage.ts';
import { entry, into, intoUnread, out, outEach, outNever, outUnread, partner, type Entry } from './table.ts';

const SYN = tcp({ source: 40000, destination: 80 });
const QUERY = udp({ source: 40000, destination: 53 });

type Address6 = string | Uint8Array;
const four = (source: string, destination: string): Packet => ipv4({ source, destination }, SYN);
const six = (source: Address6, destination: Address6): Packet => ipv6({ source, destination }, SYN);

/** IPv4 addresses that are nobody's by any rule. */
const NOBODY_V4: Readonly<Record<string, string>> = {
  loopback: '127.0.0.1',
  'the last of loopback': '127.255.255.254',
  broadcast: '255.255.255.255',
  "the broadcast of the pod's network": '10.1.0.255',
  'a group of the link': '224.0.0.1',
  'a group': '239.1.2.3',
  'the reserved class': '240.0.0.1',
  'an address of this network': '0.1.2.3',
  'shared space': '100.64.0.1',
  'the 6to4 relay': '192.88.99.1',
  'the metadata service': '169.254.169.254',
};

/** The friend's and the partner's IPv4 address in IPv6 clothes, and others that are nobody's. */
const NOBODY_V6: Readonly<Record<string, Address6>> = {
  loopback: '::1',
  'the friend, IPv4-compatible': concat(new Uint8Array(12), wireAddress(V4.friend)),
  'the partner, IPv4-compatible': concat(new Uint8Array(12), wireAddress(partner(V4))),
  'the friend, translated (RFC 2765)': concat(new Uint8Array(8), [255, 255, 0, 0], wireAddress(V4.friend)),
  'the friend by 6to4': concat([0x20, 2], wireAddress(V4.friend), new Uint8Array(10)),
  'the friend by NAT64': concat([0, 0x64, 0xff, 0x9b], new Uint8Array(8), wireAddress(V4.friend)),
  'the friend by a local NAT64': concat([0, 0x64, 0xff, 0x9b, 0, 1], new Uint8Array(6), wireAddress(V4.friend)),
  'the friend by ISATAP': concat([0xfd, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x5e, 0xfe], wireAddress(V4.friend)),
  'the friend by Teredo': concat([0x20, 1, 0, 0], wireAddress(V4.friend), new Uint8Array(4), [255, 255, 255, 255]),
  'almost mapped': concat(new Uint8Array(10), [255, 254], wireAddress(V4.friend)),
  'a site-local address': 'fec0::7',
  'a unique local address of others': 'fd77::3',
  'all nodes': 'ff02::1',
  'a group of the interface': 'ff01::1',
  'a group of the site': 'ff05::1:3',
  'a group of the world': 'ff0e::77',
  'discard only': '100::1',
  documentation: '3fff::1',
  'all ones': new Uint8Array(16).fill(255),
};

const V4_ENTRIES: readonly Entry[] = Object.entries(NOBODY_V4).map(([what, address]) =>
  entry(
    `IPv4, ${what}`,
    into(four(address, V4.pod), 'POLICY'),
    into(ipv4({ source: address, destination: V4.pod, options: ipv4Padding(1) }, SYN), 'POLICY'),
    out(four(V4.pod, address), 'POLICY'),
    out(ipv4({ source: V4.pod, destination: address, options: ipv4Padding(1) }, QUERY), 'POLICY'),
    // Who sends decides into the pod, whatever address it is sent to.
    into(four(V4.friend, address), 'ALLOWED'),
    into(four(V4.stranger, address), 'POLICY'),
    outNever(four(address, V4.friend), 'SPOOFED_SOURCE'),
  ),
);

const V6_ENTRIES: readonly Entry[] = Object.entries(NOBODY_V6).map(([what, address]) =>
  entry(
    `IPv6, ${what}`,
    into(six(address, V6.pod), 'POLICY'),
    into(ipv6({ source: address, destination: V6.pod }, hopByHop(SYN)), 'POLICY'),
    out(six(V6.pod, address), 'POLICY'),
    out(ipv6({ source: V6.pod, destination: address }, hopByHop(QUERY)), 'POLICY'),
    into(six(V6.friend, address), 'ALLOWED'),
    into(six(V6.stranger, address), 'POLICY'),
    outNever(six(address, V6.friend), 'SPOOFED_SOURCE'),
  ),
);

const MAPPED: readonly Entry[] = Object.entries({
  'the friend': V4.friend,
  'the partner': partner(V4),
  'the node': V4.node,
  'the pod': V4.pod,
  none: '0.0.0.0',
  loopback: '127.0.0.1',
}).map(([who, address]) =>
  entry(
    `IPv6, the mapped address of ${who}`,
    intoUnread(six(mappedAddress(address), V6.pod), 'MAPPED_ADDRESS'),
    intoUnread(six(V6.friend, mappedAddress(address)), 'MAPPED_ADDRESS'),
    intoUnread(six(mappedAddress(address), mappedAddress(V4.pod)), 'MAPPED_ADDRESS', { fromNode: true }),
    outUnread(six(V6.pod, mappedAddress(address)), 'MAPPED_ADDRESS'),
    outNever(six(mappedAddress(address), V6.friend), 'MAPPED_ADDRESS'),
    outNever(ipv6({ source: mappedAddress(address), destination: V6.friend }, hopByHop(SYN)), 'MAPPED_ADDRESS'),
    outNever(six(mappedAddress(V4.pod), mappedAddress(address)), 'MAPPED_ADDRESS'),
  ),
);

/** Unspecified and link-local sources stay on the link. */
const LINK: readonly Entry[] = [V4, V6].flatMap((family) => {
  const make = (source: string, destination: string): Packet => family.packet(source, destination, QUERY);
  return [
    { who: 'no address', source: family.unspecified },
    { who: 'a link-local address', source: family.linkLocal },
  ].map(({ who, source }) =>
    entry(
      `${family.name}, ${who}`,
      into(make(source, family.pod), 'POLICY'),
      into(make(source, family.group), 'POLICY', 'pass'),
      out(make(source, family.group), 'POLICY', 'ALLOWED'),
      out(make(source, family === V4 ? '169.254.9.9' : 'fe80::9'), 'POLICY'),
      outNever(make(source, family.friend), 'SPOOFED_SOURCE'),
      outNever(make(source, family.stranger), 'SPOOFED_SOURCE'),
      outNever(make(source, family.gateway), 'SPOOFED_SOURCE'),
      outNever(family.winding(source, family.friend, QUERY), 'SPOOFED_SOURCE'),
      out(make(family.pod, source), 'POLICY', 'ALLOWED'),
    ),
  );
});

const OWN: readonly Entry[] = [V4, V6].map((family) =>
  entry(
    `${family.name}, the pod's own address`,
    into(family.packet(family.pod, family.pod, SYN), 'POLICY'),
    into(family.packet(family.pod, family.pod, SYN), 'POLICY', 'ALLOWED', { fromNode: true }),
    into(family.packet(family.pod, family.pod, SYN), 'pass', 'pass', { hairpin: true }),
    // Its own address in another's packet is not the pod itself.
    into(family.packet(family.pod, family.friend, SYN), 'POLICY', 'ALLOWED', { hairpin: true }),
    outEach(family.packet(family.pod, family.pod, SYN), ['pass', 'pass', 'pass', 'pass']),
    outNever(family.packet(family.neighbour, family.pod, SYN), 'SPOOFED_SOURCE'),
  ),
);

/** The node's addresses are the node's where the node itself sends; and never as the pod's source. */
const NODE: readonly Entry[] = [V4, V6].flatMap((family) =>
  [
    { who: 'the node', address: family.node },
    { who: 'the gateway', address: family.gateway },
  ].map(({ who, address }) =>
    entry(
      `${family.name}, the address of ${who}`,
      into(family.packet(address, family.pod, SYN), 'NODE', 'NODE', { fromNode: true }),
      into(family.packet(address, family.pod, SYN), 'POLICY'),
      into(family.packet(address, family.pod, SYN), 'POLICY', 'ALLOWED', { hairpin: true }),
      out(family.packet(family.pod, address, tcp({ source: 40001, destination: 10250 })), 'NODE', 'NODE'),
      outNever(family.packet(address, family.friend, SYN), 'SPOOFED_SOURCE'),
      outNever(family.packet(address, family.pod, SYN), 'SPOOFED_SOURCE'),
    ),
  ),
);

/** The node by its link-local address, which a link-local source may reach. */
const LINK_LOCAL_NODE: readonly Entry[] = [
  entry(
    'IPv6, the gateway by its link-local address',
    out(V6.packet(V6.linkLocal, GATEWAY_LINK_LOCAL, QUERY), 'NODE', 'NODE'),
    out(V6.packet(V6.pod, GATEWAY_LINK_LOCAL, tcp({ source: 40001, destination: 80 })), 'NODE', 'NODE'),
    into(V6.packet(GATEWAY_LINK_LOCAL, V6.pod, SYN), 'POLICY'),
    into(V6.packet(GATEWAY_LINK_LOCAL, V6.pod, SYN), 'NODE', 'NODE', { fromNode: true }),
  ),
];

/** The same source in both fields, in every frame kind: the oldest trick ("land"). */
const LAND: readonly Entry[] = [V4, V6].map((family) =>
  entry(
    `${family.name}, a packet from the pod to itself by one port`,
    into(family.packet(family.pod, family.pod, tcp({ source: 80, destination: 80 })), 'POLICY'),
    into(ethernet({ vlans: [{ id: 7 }] }, family.packet(family.pod, family.pod, tcp({ source: 80, destination: 80 }))), 'POLICY'),
  ),
);

export const ADDRESSES: readonly Entry[] = [...V4_ENTRIES, ...V6_ENTRIES, ...MAPPED, ...LINK, ...OWN, ...NODE, ...LINK_LOCAL_NODE, ...LAND];
