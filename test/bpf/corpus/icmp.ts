/** ICMP and ICMPv6 that are no errors: echoes, and every other type, which is a protocol without ports. */

import { ipv4, ipv6, type Packet, type Segment } from '../../support/builders/frames.ts';
import { icmp, icmp6, icmpError } from '../../support/builders/segments.ts';
import { FAMILIES, V4, V6, type Family } from '../stage.ts';
import { entry, into, later, out, outNever, partner, type Entry } from './table.ts';

const TYPES_V4: Readonly<Record<string, readonly number[]>> = {
  redirect: [5],
  'alternate address': [6],
  'router advertisement and solicitation': [9, 10],
  timestamp: [13, 14],
  information: [15, 16],
  'address mask': [17, 18],
  'traceroute and mobile hosts': [30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40],
  'extended echo': [42, 43],
  'unassigned types': [1, 2, 7, 19, 41, 44, 127, 128, 134, 200, 253, 254, 255],
};

const TYPES_V6: Readonly<Record<string, readonly number[]>> = {
  'errors that nobody has defined': [0, 5, 6, 99, 100, 101, 126, 127],
  'router renumbering': [138],
  'node information': [139, 140],
  'inverse discovery': [141, 142],
  'home agents': [144, 145, 146, 147],
  'certification paths': [148, 149],
  'experimental mobility': [150],
  'multicast router discovery': [151, 152, 153],
  'fast handover, RPL, addresses registered': [154, 155, 157, 158],
  'extended echo': [160, 161],
  'unassigned types': [162, 199, 200, 201, 254, 255],
};

/** Judged each time: neither a row nor an earlier one speaks for it. */
function otherTypes(family: Family, types: Readonly<Record<string, readonly number[]>>, make: (type: number) => Segment): readonly Entry[] {
  const { name, pod, friend, stranger } = family;
  return Object.entries(types).map(([what, numbers]) =>
    entry(
      `${name}: ${what}`,
      ...numbers.flatMap((type) => [
        into(family.packet(friend, pod, make(type)), 'POLICY'),
        into(family.packet(stranger, pod, make(type)), 'POLICY'),
        into(family.packet(partner(family), pod, make(type)), 'ALLOWED'),
        out(family.packet(pod, stranger, make(type)), 'POLICY'),
        out(family.packet(pod, partner(family), make(type)), 'ALLOWED'),
        into(family.winding(stranger, pod, make(type)), 'POLICY'),
      ]),
    ),
  );
}

function echoesOf(family: Family): readonly Entry[] {
  const { name, pod, friend, stranger } = family;
  const [all, request, reply] = [partner(family), family.echo(), family.echo({ reply: true })];
  return [
    entry(
      `${name}: an echo request of one who may do everything, and its answer`,
      into(family.packet(all, pod, request), 'ALLOWED'),
      out(family.packet(pod, all, reply), 'pass', 'pass'),
      out(family.packet(pod, stranger, reply), 'POLICY'),
    ),
    entry(
      `${name}: an echo request of one who may only use ports`,
      into(family.packet(friend, pod, request), 'POLICY'),
      out(family.packet(pod, friend, request), 'POLICY'),
    ),
    entry(
      `${name}: an echo answer that nobody asked for`,
      into(family.packet(stranger, pod, reply), 'POLICY'),
      out(family.packet(pod, friend, reply), 'POLICY'),
    ),
    entry(
      `${name}: an echo answer after half a minute and a second`,
      out(family.packet(pod, all, request), 'ALLOWED'),
      into(family.packet(all, pod, reply), 'pass', 'pass'),
      // Policy lets this peer send whatever it likes, so it passes by the rule, not by the row.
      later(31, into(family.packet(all, pod, reply), 'ALLOWED')),
    ),
    entry(
      `${name}: an echo under another identifier`,
      into(family.packet(stranger, pod, family.echo({ id: 7 })), 'POLICY'),
      out(family.packet(pod, stranger, family.echo({ id: 8, reply: true })), 'POLICY'),
      into(family.packet(stranger, pod, family.echo({ id: 7 })), 'POLICY'),
    ),
    entry(`${name}: an echo of another source`, outNever(family.packet(family.neighbour, friend, request), 'SPOOFED_SOURCE')),
    entry(
      `${name}: an echo to a group`,
      out(family.packet(pod, family.group, request), 'POLICY'),
      into(family.packet(stranger, family.group, request), 'POLICY'),
    ),
  ];
}

const about = (source: string, destination: string): Packet => ipv4({ source, destination }, icmp(8));

const SPECIAL: readonly Entry[] = [
  entry(
    'IPv4: a redirect that quotes an allowed flow',
    into(ipv4({ source: V4.gateway, destination: V4.pod }, icmpError('redirect', about(V4.pod, V4.friend))), 'POLICY'),
    into(ipv4({ source: V4.gateway, destination: V4.pod }, icmpError('redirect', about(V4.pod, V4.friend))), 'NODE', 'NODE', {
      fromNode: true,
    }),
    out(ipv4({ source: V4.pod, destination: V4.friend }, icmpError('redirect', about(V4.friend, V4.pod))), 'POLICY'),
  ),
  ...[3, 4, 11, 12, 8, 0].map((type) =>
    entry(
      `IPv6: type ${type} of ICMP for IPv4 is a protocol without ports`,
      into(ipv6({ source: V6.stranger, destination: V6.pod }, icmp(type)), 'POLICY'),
      into(ipv6({ source: partner(V6), destination: V6.pod }, icmp(type)), 'ALLOWED'),
      out(ipv6({ source: V6.pod, destination: V6.neighbour }, icmp(type)), 'POLICY'),
    ),
  ),
  ...[1, 2, 3, 4, 128, 129, 130, 131, 133, 134, 135, 136, 137, 143].map((type) =>
    entry(
      `IPv4: type ${type} of ICMPv6 is a protocol without ports`,
      into(ipv4({ source: V4.friend, destination: V4.pod, ttl: 255 }, icmp6(type)), 'POLICY'),
      into(ipv4({ source: partner(V4), destination: V4.pod, ttl: 255 }, icmp6(type)), 'ALLOWED'),
      out(ipv4({ source: V4.pod, destination: V4.stranger, ttl: 255 }, icmp6(type)), 'POLICY'),
    ),
  ),
];

export const ICMP: readonly Entry[] = [
  ...FAMILIES.flatMap(echoesOf),
  ...otherTypes(V4, TYPES_V4, (type) => icmp(type)),
  ...otherTypes(V6, TYPES_V6, (type) => icmp6(type)),
  ...SPECIAL,
];
