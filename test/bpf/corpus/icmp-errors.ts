/** ICMP errors of every kind, about every kind of flow, quoting much, little, and things that make no sense. */

import { concat } from '../../support/builders/bytes.ts';
import {
  authenticationHeader,
  destinationOptions,
  fragmentHeader,
  hopByHop,
  repeat,
  routingHeader,
} from '../../support/builders/extension-headers.ts';
import { ipv4, ipv4Padding, ipv6, mappedAddress, raw, type Packet, type Segment } from '../../support/builders/frames.ts';
import { icmp, icmp6, icmp6Error, icmpError, sctp, tcp, udp } from '../../support/builders/segments.ts';
import { FAMILIES, V4, V6, type Family } from '../stage.ts';
import { entry, into, intoEach, intoUnread, later, out, outEach, outNever, partner, type Entry, type Fates, type Step } from './table.ts';

const UNRELATED = 'ICMP_UNRELATED';
/** About what the pod may not send: where its egress is open, it may. */
const DENIED: Fates = [UNRELATED, 'ALLOWED', 'pass', 'pass'];
/** About what policy would let the pod open, whether it has or not. */
const WOULD_PASS: Fates = ['ALLOWED', 'ALLOWED', 'pass', 'pass'];
const BY_ROW: Fates = ['pass', 'pass', 'pass', 'pass'];

const KINDS_V4: readonly (readonly [type: number, code: number])[] = [
  ...Array.from({ length: 16 }, (_, code) => [3, code] as const),
  [4, 0],
  [11, 0],
  [11, 1],
  [12, 0],
  [12, 1],
  [12, 2],
];
const KINDS_V6: readonly (readonly [type: number, code: number])[] = [
  ...Array.from({ length: 9 }, (_, code) => [1, code] as const),
  [2, 0],
  [3, 0],
  [3, 1],
  ...Array.from({ length: 11 }, (_, code) => [4, code] as const),
];

function errorsOf(family: Family): readonly Entry[] {
  const { name, pod, friend, stranger, neighbour } = family;
  const kinds = family === V4 ? KINDS_V4 : KINDS_V6;
  const make = family === V4 ? icmp : icmp6;
  const error = (type: number, code: number, about: Packet): Segment => make(type, code, 1400, about.bytes.slice(0, 1232));
  const told = (about: Packet, from = stranger): Packet => family.packet(from, pod, family.unreachable(about));
  const tells = (about: Packet, to: string): Packet => family.packet(pod, to, family.unreachable(about));
  const sent = (segment: Segment, to = friend): Packet => family.packet(pod, to, segment);
  const received = (segment: Segment, from = friend): Packet => family.packet(from, pod, segment);
  const [syn, ack] = [tcp({ source: 40000, destination: 80 }), tcp({ source: 40000, destination: 80, flags: ['ack'] })];
  const [query, answer] = [udp({ source: 40000, destination: 53 }), udp({ source: 53, destination: 40000 })];
  return [
    ...kinds.map(([type, code]) =>
      entry(
        `${name}: ${type}/${code}`,
        out(sent(syn), 'ALLOWED'),
        intoEach(family.packet(stranger, pod, error(type, code, sent(syn))), BY_ROW),
        intoEach(family.packet(friend, pod, error(type, code, sent(syn))), BY_ROW),
        intoEach(family.packet(stranger, pod, error(type, code, sent(syn, stranger))), DENIED),
      ),
    ),
    entry(`${name}: about a SYN that the pod may send`, intoEach(told(sent(syn)), WOULD_PASS)),
    entry(`${name}: about a SYN that it may not send`, intoEach(told(sent(tcp({ source: 40000, destination: 81 }))), DENIED)),
    entry(`${name}: about its own question, without a row`, intoEach(told(sent(query)), WOULD_PASS)),
    entry(
      `${name}: about an answer to a question that came`,
      into(received(query), 'ALLOWED'),
      intoEach(told(sent(answer)), BY_ROW),
      intoEach(told(sent(udp({ source: 53, destination: 40001 }))), DENIED),
    ),
    entry(`${name}: about an answer to a question that never came`, intoEach(told(sent(answer)), DENIED)),
    entry(
      `${name}: about an answer to a question of more than two minutes ago`,
      into(received(query), 'ALLOWED'),
      later(110, intoEach(told(sent(answer)), BY_ROW)),
      later(11, intoEach(told(sent(answer)), DENIED)),
    ),
    entry(
      `${name}: about a TCP answer to the friend, without a row`,
      intoEach(told(sent(tcp({ source: 80, destination: 40000, flags: ['ack'] }))), ['REPLY', 'ALLOWED', 'pass', 'pass']),
    ),
    entry(
      `${name}: about a TCP answer to a stranger`,
      intoEach(told(sent(tcp({ source: 80, destination: 40000, flags: ['ack'] }), stranger)), DENIED),
    ),
    entry(`${name}: about SCTP that it may send`, intoEach(told(sent(sctp({ source: 40000, destination: 80 }))), WOULD_PASS)),
    entry(`${name}: about SCTP that it may not send`, intoEach(told(sent(sctp({ source: 40000, destination: 81 }))), DENIED)),
    entry(`${name}: about an echo that it may send`, intoEach(told(sent(family.echo(), partner(family))), WOULD_PASS)),
    entry(`${name}: about an echo that it may not send`, intoEach(told(sent(family.echo())), DENIED)),
    entry(
      `${name}: about an echo answer that it may send`,
      into(received(family.echo(), partner(family)), 'ALLOWED'),
      intoEach(told(sent(family.echo({ reply: true }), partner(family))), BY_ROW),
    ),
    entry(`${name}: about a protocol without ports that it may send`, intoEach(told(sent(raw(47), partner(family))), WOULD_PASS)),
    entry(`${name}: about a protocol without ports that it may not send`, intoEach(told(sent(raw(47))), DENIED)),
    entry(`${name}: about a packet of somebody else's`, intoUnread(told(family.packet(neighbour, friend, syn)), UNRELATED)),
    entry(`${name}: about a packet to the pod, the wrong way round`, intoUnread(told(received(syn)), UNRELATED)),
    entry(
      `${name}: about an error`,
      intoUnread(told(sent(family.unreachable(received(query)))), UNRELATED),
      intoUnread(told(sent(family.unreachable(received(query)), partner(family))), UNRELATED),
    ),
    entry(
      `${name}: about an error about an error`,
      intoUnread(told(sent(family.unreachable(sent(family.unreachable(received(query)))))), UNRELATED),
    ),
    entry(`${name}: behind what has to be walked`, intoEach(family.winding(stranger, pod, family.unreachable(sent(syn))), WOULD_PASS)),
    entry(`${name}: about what was sent with what has to be walked`, intoEach(told(family.winding(pod, friend, syn)), WOULD_PASS)),
    entry(
      `${name}: to a group`,
      intoEach(family.packet(stranger, family.group, family.unreachable(sent(syn))), WOULD_PASS),
      intoEach(family.packet(stranger, family.group, family.unreachable(sent(syn, stranger))), DENIED),
    ),
    ...[0, 4, 7].map((bytes) =>
      entry(
        `${name}: with ${bytes} bytes of the transport header`,
        intoUnread(family.packet(stranger, pod, quoting(family, sent(syn), bytes)), UNRELATED),
      ),
    ),
    ...[8, 12, 20].map((bytes) =>
      entry(
        `${name}: with ${bytes} bytes of the transport header`,
        intoEach(family.packet(stranger, pod, quoting(family, sent(syn), bytes)), WOULD_PASS),
        intoEach(family.packet(stranger, pod, quoting(family, sent(syn, stranger), bytes)), DENIED),
      ),
    ),
    ...[0, 1, 10, 19].map((bytes) =>
      entry(
        `${name}: with ${bytes} bytes of the IP header`,
        intoUnread(family.packet(stranger, pod, make(family === V4 ? 3 : 1, 3, 0, sent(syn).bytes.slice(0, bytes))), UNRELATED),
      ),
    ),
    entry(
      `${name}: of the pod's, about what its friend sent`,
      outEach(tells(received(ack), friend), ['ALLOWED', 'pass', 'ALLOWED', 'pass']),
      outEach(tells(received(query), friend), ['ALLOWED', 'pass', 'ALLOWED', 'pass']),
    ),
    entry(
      `${name}: of the pod's, about what a stranger sent`,
      outEach(tells(received(ack, stranger), stranger), [UNRELATED, 'pass', 'ALLOWED', 'pass']),
    ),
    entry(
      `${name}: of the pod's, to another than it quotes`,
      outEach(tells(received(ack), stranger), [UNRELATED, 'pass', UNRELATED, 'pass']),
    ),
    entry(`${name}: of the pod's, about what it sent itself`, outEach(tells(sent(ack), friend), [UNRELATED, 'pass', UNRELATED, 'pass'])),
    entry(`${name}: of another source`, outNever(family.packet(neighbour, friend, family.unreachable(received(ack))), 'SPOOFED_SOURCE')),
    entry(
      `${name}: of the node itself`,
      into(told(sent(syn, stranger), family.node), 'pass', 'pass', { fromNode: true }),
      intoEach(told(sent(syn, stranger), family.node), DENIED),
    ),
    entry(
      `${name}: about traffic with the node`,
      intoEach(told(sent(syn, family.node)), BY_ROW),
      outEach(tells(received(syn, family.node), family.node), BY_ROW),
    ),
  ];
}

function quoting(family: Family, about: Packet, bytes: number): Segment {
  return family === V4 ? icmpError('unreachable', about, bytes) : icmp6Error('unreachable', about, 40 + bytes);
}

const into4 = (about: Packet, quote = 60): Packet =>
  ipv4({ source: V4.stranger, destination: V4.pod }, icmpError('unreachable', about, quote));
const into6 = (about: Packet): Packet => ipv6({ source: V6.stranger, destination: V6.pod }, icmp6Error('packet-too-big', about));
const SYN = tcp({ source: 40000, destination: 80 });
const sent4 = (options: object): Packet => ipv4({ source: V4.pod, destination: V4.friend, ...options }, SYN);
const sent6 = (segment: Segment, to = V6.friend): Packet => ipv6({ source: V6.pod, destination: to }, segment);
const unrelated = (what: string, ...packets: readonly Packet[]): Entry =>
  entry(what, ...packets.map((packet): Step => intoUnread(packet, UNRELATED)));

const QUOTED: readonly Entry[] = [
  entry('IPv4: quoting options', intoEach(into4(sent4({ options: ipv4Padding(10) })), WOULD_PASS)),
  entry('IPv4: quoting a source route', intoEach(into4(sent4({ options: concat([131, 7, 4, 203, 0, 113, 9]) })), WOULD_PASS)),
  entry('IPv4: quoting a first fragment', intoEach(into4(sent4({ moreFragments: true })), WOULD_PASS)),
  entry('IPv4: quoting "do not fragment"', intoEach(into4(sent4({ dontFragment: true })), WOULD_PASS)),
  unrelated('IPv4: quoting a later fragment', into4(sent4({ fragmentOffset: 1 })), into4(sent4({ fragmentOffset: 8191 }))),
  unrelated('IPv4: quoting another version', ...[0, 5, 6, 15].map((version) => into4(sent4({ version })))),
  unrelated('IPv4: quoting a short header', ...[0, 1, 4].map((headerWords) => into4(sent4({ headerWords })))),
  unrelated('IPv4: quoting a header that is longer than the quotation', into4(sent4({ headerWords: 15 }), 8)),
  unrelated('IPv4: quoting IPv6', ipv4({ source: V4.stranger, destination: V4.pod }, icmp(3, 3, 0, sent6(SYN).bytes))),
  unrelated('IPv6: quoting IPv4', ipv6({ source: V6.stranger, destination: V6.pod }, icmp6(1, 3, 0, sent4({}).bytes))),
  unrelated(
    'IPv6: quoting another version',
    ...[0, 4, 5].map((version) => into6(ipv6({ source: V6.pod, destination: V6.friend, version }, SYN))),
  ),
  unrelated(
    'IPv6: quoting mapped addresses',
    into6(ipv6({ source: mappedAddress(V4.pod), destination: mappedAddress(V4.friend) }, SYN)),
    into6(ipv6({ source: V6.pod, destination: mappedAddress(V4.friend) }, SYN)),
  ),
  ...Object.entries<(next: Segment) => Segment>({
    'hop-by-hop options': hopByHop,
    'destination options': destinationOptions,
    'a routing header': routingHeader,
    'an authentication header': authenticationHeader,
    'a fragment header': (next) => fragmentHeader({}, next),
    'the header of a first fragment': (next) => fragmentHeader({ more: true }, next),
    'eight headers': (next) => repeat(8, destinationOptions, next),
  }).map(([what, wrap]) =>
    entry(`IPv6: quoting ${what}`, intoEach(into6(sent6(wrap(SYN))), WOULD_PASS), intoEach(into6(sent6(wrap(SYN), V6.stranger)), DENIED)),
  ),
  unrelated(
    'IPv6: quoting a later fragment',
    into6(sent6(fragmentHeader({ offset: 1 }, SYN))),
    into6(sent6(fragmentHeader({ offset: 8191 }, SYN))),
  ),
  unrelated('IPv6: quoting a later fragment behind options', into6(sent6(destinationOptions(fragmentHeader({ offset: 10 }, SYN))))),
  entry(
    'IPv6: quoting nine headers, of which the last is taken for a protocol without ports',
    intoEach(into6(sent6(repeat(9, destinationOptions, SYN))), DENIED),
  ),
  unrelated(
    'IPv6: quoting half an extension header',
    ipv6({ source: V6.stranger, destination: V6.pod }, icmp6Error('unreachable', sent6(hopByHop(SYN)), 44)),
  ),
];

export const ICMP_ERRORS: readonly Entry[] = [...FAMILIES.flatMap(errorsOf), ...QUOTED];
