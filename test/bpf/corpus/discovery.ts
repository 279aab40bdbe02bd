/** IPv6 discovery and multicast membership in both directions: routers' messages from pods, foreign targets, what has passed a router, and messages in disguise. */

import { concat, u32, wireAddress } from '../../support/builders/bytes.ts';
import {
  igmp,
  mld1,
  mldReport,
  neighbourAdvertisement,
  neighbourSolicitation,
  redirect,
  routerAdvertisement,
  routerSolicitation,
  solicitedNode,
} from '../../support/builders/discovery.ts';
import { authenticationHeader, destinationOptions, fragmentHeader, hopByHop } from '../../support/builders/extension-headers.ts';
import { ipv4, ipv6, slice, type Packet, type Segment } from '../../support/builders/frames.ts';
import { icmp6 } from '../../support/builders/segments.ts';
import { GATEWAY_LINK_LOCAL, V4, V6 } from '../stage.ts';
import { entry, into, intoEach, intoUnread, out, outEach, outNever, partner, type Entry, type Fates } from './table.ts';

const ALL_NODES = 'ff02::1';
const ALL_ROUTERS = 'ff02::2';
const LINK_LOCAL = 'fe80::2';
const FREELY: Fates = ['pass', 'pass', 'pass', 'pass'];

const packet = (source: string, destination: string, segment: Segment, hopLimit?: number): Packet =>
  ipv6({ source, destination, ...(hopLimit === undefined ? {} : { hopLimit }) }, segment);

const sent = (what: string, one: Packet): Entry => entry(`out: ${what}`, outEach(one, FREELY));
const unsent = (what: string, one: Packet): Entry => entry(`out: ${what}`, outNever(one, 'DISCOVERY'));
const gets = (what: string, one: Packet): Entry => entry(`in: ${what}`, intoEach(one, FREELY));
const getsNot = (what: string, one: Packet): Entry => entry(`in: ${what}`, intoUnread(one, 'DISCOVERY'));

const DISGUISES: Readonly<Record<string, (next: Segment) => Segment>> = {
  'hop-by-hop options': hopByHop,
  'destination options': destinationOptions,
  'an authentication header': authenticationHeader,
  'a fragment header of a whole packet': (next) => fragmentHeader({}, next),
  'a first fragment (RFC 6980)': (next) => fragmentHeader({ more: true }, slice(next, 0, 24)),
};

const ROUTERS_MESSAGES: Readonly<Record<string, Segment>> = {
  'a router advertisement': routerAdvertisement(),
  'a router advertisement that takes back': routerAdvertisement(0),
  'a redirect': redirect(LINK_LOCAL, V6.stranger),
  'a router advertisement of code 1': { ...icmp6(134, 1, 0, new Uint8Array(8)), hopLimit: 255 },
  'a router advertisement without a body': { ...icmp6(134), hopLimit: 255 },
};

const OUT: readonly Entry[] = [
  ...Object.entries(ROUTERS_MESSAGES).flatMap(([what, message]) => [
    unsent(what, packet(LINK_LOCAL, ALL_NODES, message)),
    unsent(`${what} to one neighbour`, packet(LINK_LOCAL, V6.neighbour, message)),
    unsent(`${what} from its own address`, packet(V6.pod, ALL_NODES, message)),
    unsent(`${what} with hop limit 64`, packet(LINK_LOCAL, ALL_NODES, message, 64)),
    ...Object.entries(DISGUISES).map(([how, wrap]) => unsent(`${what} behind ${how}`, packet(LINK_LOCAL, ALL_NODES, wrap(message), 255))),
  ]),
  sent('a router solicitation', packet(LINK_LOCAL, ALL_ROUTERS, routerSolicitation())),
  sent('a router solicitation from no address', packet('::', ALL_ROUTERS, routerSolicitation())),
  sent('a neighbour solicitation', packet(V6.pod, solicitedNode(V6.gateway), neighbourSolicitation(V6.gateway))),
  sent('a neighbour solicitation to the gateway itself', packet(V6.pod, V6.gateway, neighbourSolicitation(V6.gateway))),
  sent('a check of its address for doubles', packet('::', solicitedNode(V6.pod), neighbourSolicitation(V6.pod))),
  ...Object.entries(DISGUISES)
    .filter(([how]) => !how.includes('first'))
    .flatMap(([how, wrap]) => [
      sent(`its own advertisement behind ${how}`, packet(V6.pod, ALL_NODES, wrap(neighbourAdvertisement(V6.pod)), 255)),
      unsent(`the gateway's advertisement behind ${how}`, packet(V6.pod, ALL_NODES, wrap(neighbourAdvertisement(V6.gateway)), 255)),
    ]),
  unsent(
    'its own advertisement in a first fragment that ends before the target',
    packet(V6.pod, ALL_NODES, fragmentHeader({ more: true }, slice(neighbourAdvertisement(V6.pod), 0, 16)), 255),
  ),
  sent('an advertisement of its address', packet(V6.pod, ALL_NODES, neighbourAdvertisement(V6.pod))),
  sent('an advertisement of its link-local address', packet(LINK_LOCAL, ALL_NODES, neighbourAdvertisement(LINK_LOCAL))),
  ...Object.entries({
    'the gateway': V6.gateway,
    "the gateway's link-local address": GATEWAY_LINK_LOCAL,
    'the node': V6.node,
    'a neighbour': V6.neighbour,
    'its friend': V6.friend,
    'a stranger': V6.stranger,
    'no address': '::',
    'a group': ALL_NODES,
    loopback: '::1',
  }).map(([who, target]) => unsent(`an advertisement of ${who}`, packet(LINK_LOCAL, ALL_NODES, neighbourAdvertisement(target)))),
  ...[0, 1, 8, 15].map((bytes) =>
    unsent(
      `an advertisement with ${bytes} bytes of its target`,
      packet(V6.pod, ALL_NODES, { ...icmp6(136, 0, 0, wireAddress(V6.pod).slice(0, bytes)), hopLimit: 255 }),
    ),
  ),
  ...[0, 1, 64, 254].map((hopLimit) =>
    unsent(`a solicitation with hop limit ${hopLimit}`, packet(V6.pod, V6.gateway, neighbourSolicitation(V6.gateway), hopLimit)),
  ),
  entry(
    'out: a solicitation of another source',
    outNever(packet(V6.neighbour, V6.gateway, neighbourSolicitation(V6.gateway)), 'SPOOFED_SOURCE'),
  ),
  entry(
    'out: an advertisement of its own address from another source',
    outNever(packet(V6.neighbour, ALL_NODES, neighbourAdvertisement(V6.pod)), 'SPOOFED_SOURCE'),
  ),
];

const IN: readonly Entry[] = [
  ...Object.entries({
    ...ROUTERS_MESSAGES,
    'a neighbour solicitation': neighbourSolicitation(V6.pod),
    'a neighbour advertisement': neighbourAdvertisement(V6.gateway),
  }).flatMap(([what, message]) => [
    gets(`${what} on the link`, packet(GATEWAY_LINK_LOCAL, ALL_NODES, message)),
    gets(`${what} behind options`, packet(GATEWAY_LINK_LOCAL, V6.pod, destinationOptions(message), 255)),
    ...[0, 1, 64, 254].map((hopLimit) =>
      getsNot(`${what} that was routed, hop limit ${hopLimit}`, packet(V6.stranger, V6.pod, message, hopLimit)),
    ),
    getsNot(`${what} that was routed, behind options`, packet(V6.stranger, V6.pod, destinationOptions(message), 64)),
  ]),
  getsNot('a router solicitation', packet(V6.neighbour, ALL_ROUTERS, routerSolicitation())),
  getsNot('a router solicitation to the pod', packet(V6.neighbour, V6.pod, routerSolicitation())),
];

const REPORTS: Readonly<Record<string, Packet>> = {
  'an IGMP report': ipv4({ source: V4.pod, destination: V4.group }, igmp(0x16)),
  'an IGMP leave': ipv4({ source: V4.pod, destination: '224.0.0.2' }, igmp(0x17)),
  'an IGMP report from no address': ipv4({ source: '0.0.0.0', destination: V4.group }, igmp(0x16)),
  'an IGMP report of a routed group': ipv4({ source: V4.pod, destination: '239.1.2.3' }, igmp(0x16, '239.1.2.3')),
  'an MLD 2 report': packet(LINK_LOCAL, 'ff02::16', mldReport()),
  'an MLD 2 report from no address': packet('::', 'ff02::16', mldReport()),
  'an MLD 1 report': packet(LINK_LOCAL, V6.group, mld1(131, V6.group)),
  'an MLD 1 done': packet(LINK_LOCAL, ALL_ROUTERS, mld1(132, V6.group)),
};

const QUERIES: Readonly<Record<string, Packet>> = {
  'an IGMP query': ipv4({ source: V4.gateway, destination: '224.0.0.1' }, igmp(0x11)),
  'an MLD query': packet(GATEWAY_LINK_LOCAL, ALL_NODES, mld1(130)),
};

const MEMBERSHIP: readonly Entry[] = [
  ...Object.entries(REPORTS).map(([what, report]) => sent(what, report)),
  ...Object.entries(QUERIES).map(([what, query]) => gets(what, query)),
  entry(
    'IGMP to one host is a protocol without ports',
    out(ipv4({ source: V4.pod, destination: V4.stranger }, igmp(0x16)), 'POLICY'),
    into(ipv4({ source: V4.stranger, destination: V4.pod }, igmp(0x11)), 'POLICY'),
    into(ipv4({ source: partner(V4), destination: V4.pod }, igmp(0x11)), 'ALLOWED'),
  ),
  entry(
    'MLD to one host is a protocol without ports',
    out(packet(V6.pod, V6.stranger, mldReport()), 'POLICY'),
    into(packet(V6.stranger, V6.pod, mld1(130)), 'POLICY'),
    into(packet(partner(V6), V6.pod, mld1(130)), 'ALLOWED'),
  ),
  entry(
    'membership of another source',
    outNever(ipv4({ source: V4.neighbour, destination: V4.group }, igmp(0x16)), 'SPOOFED_SOURCE'),
    outNever(packet(V6.neighbour, 'ff02::16', mldReport()), 'SPOOFED_SOURCE'),
  ),
  entry(
    'IGMP over IPv6, and MLD over IPv4',
    out(packet(V6.pod, V6.group, igmp(0x16)), 'POLICY'),
    out(ipv4({ source: V4.pod, destination: V4.group }, icmp6(131, 0, 0, concat(u32(0), new Uint8Array(12)))), 'POLICY'),
  ),
];

/** Membership is told with a hop limit of 1, so that it never leaves the link: else it is a packet like any other. */
const ROUTED: readonly Entry[] = [0, 2, 64, 255].flatMap((hops) => [
  entry(
    `IGMP with a time to live of ${hops}`,
    out(ipv4({ source: V4.pod, destination: '239.1.2.3', ttl: hops }, igmp(0x16)), 'POLICY'),
    into(ipv4({ source: V4.stranger, destination: '239.1.2.3', ttl: hops }, igmp(0x16)), 'POLICY'),
    into(ipv4({ source: V4.stranger, destination: '224.0.0.1', ttl: hops }, igmp(0x11)), 'POLICY'),
  ),
  entry(
    `MLD with a hop limit of ${hops}`,
    out(packet(V6.pod, 'ff0e::77', mldReport(), hops), 'POLICY'),
    into(packet(V6.stranger, 'ff0e::77', mldReport(), hops), 'POLICY'),
    into(packet(GATEWAY_LINK_LOCAL, ALL_NODES, mld1(130), hops), 'POLICY'),
  ),
]);

export const DISCOVERY: readonly Entry[] = [...OUT, ...IN, ...MEMBERSHIP, ...ROUTED];
