/** Every option of IPv4, well made and not. Options are stepped over, never read: whatever stands in them, the ports behind them decide. */

import { concat, wireAddress } from '../../support/builders/bytes.ts';
import { ipv4, ipv4Padding, type Packet, type Segment } from '../../support/builders/frames.ts';
import { tcp, udp } from '../../support/builders/segments.ts';
import { V4 } from '../stage.ts';
import { entry, into, intoUnread, out, outNever, outUnread, type Entry } from './table.ts';

const SYN = tcp({ source: 40000, destination: 80 });
const OTHER_PORT = tcp({ source: 40000, destination: 81 });
const [FRIEND, STRANGER] = [wireAddress(V4.friend), wireAddress(V4.stranger)];
/** Looks like a SYN to the allowed port, for whoever takes options for the transport header. */
const DECOY = Uint8Array.of(0x9c, 0x40, 0, 80, 0, 0, 3, 232, 0, 0, 0, 0, 0x50, 2, 0xfa, 0xf0, 0, 0, 0, 0);

const OPTION: Readonly<Record<string, Uint8Array>> = {
  'the end of options': Uint8Array.of(0),
  'the end of options before others': Uint8Array.of(0, 7, 7, 4, 1, 2, 3, 4),
  'no operation': ipv4Padding(1),
  'no operation, as much as fits': ipv4Padding(10),
  'record route': concat([7, 39, 4], new Uint8Array(36)),
  'record route, full': concat([7, 7, 8], STRANGER),
  timestamp: concat([68, 40, 5, 0], new Uint8Array(36)),
  'timestamp with addresses': concat([68, 36, 13, 1], FRIEND, [0, 0, 0, 1], new Uint8Array(24)),
  'timestamp of given addresses': concat([68, 12, 5, 3], STRANGER, new Uint8Array(4)),
  'loose source route': concat([131, 7, 4], STRANGER),
  'loose source route, at its end': concat([131, 7, 8], STRANGER),
  'strict source route': concat([137, 7, 4], STRANGER),
  'strict source route over two': concat([137, 11, 4], FRIEND, STRANGER),
  'router alert': Uint8Array.of(148, 4, 0, 0),
  security: Uint8Array.of(130, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0),
  'commercial security': Uint8Array.of(134, 6, 0, 0, 0, 1),
  'stream identifier': Uint8Array.of(136, 4, 0, 1),
  'an experiment': Uint8Array.of(0x5e, 4, 1, 2),
  'an unknown one': Uint8Array.of(255, 4, 1, 2),
  'a length of 0': Uint8Array.of(7, 0, 4, 0),
  'a length of 1': Uint8Array.of(7, 1, 4, 0),
  'a length of 2': Uint8Array.of(131, 2, 0, 0),
  'a length past the end': Uint8Array.of(68, 200, 5, 0),
  'a type without a length': Uint8Array.of(1, 1, 1, 7),
  'a pointer past the end': concat([7, 7, 200], STRANGER),
  'two source routes': concat([131, 7, 4], STRANGER, [137, 7, 4], FRIEND),
  'a decoy of the transport header': DECOY,
  'a decoy as long as options can be': concat(DECOY, DECOY),
};

const received = (options: Uint8Array, segment: Segment, source = V4.friend): Packet =>
  ipv4({ source, destination: V4.pod, options }, segment);
const sent = (options: Uint8Array, segment: Segment, destination = V4.friend): Packet =>
  ipv4({ source: V4.pod, destination, options }, segment);

const STEPPED_OVER: readonly Entry[] = Object.entries(OPTION).flatMap(([what, options]) => [
  entry(
    `${what}, into the pod`,
    into(received(options, SYN), 'ALLOWED'),
    into(received(options, OTHER_PORT), 'POLICY'),
    into(received(options, SYN, V4.stranger), 'POLICY'),
    into(received(options, udp({ source: 40000, destination: 80 })), 'POLICY'),
  ),
  entry(
    `${what}, out of the pod`,
    out(sent(options, SYN), 'ALLOWED'),
    out(sent(options, OTHER_PORT), 'POLICY'),
    out(sent(options, SYN, V4.stranger), 'POLICY'),
    outNever(ipv4({ source: V4.neighbour, destination: V4.friend, options }, SYN), 'SPOOFED_SOURCE'),
  ),
]);

/** A header length that is not that of the options: what is read as transport header moves. */
const header = (headerWords: number, options: Uint8Array = new Uint8Array(), totalLength?: number) => ({
  headerWords,
  options,
  ...(totalLength === undefined ? {} : { totalLength }),
});

const MOVED: readonly Entry[] = [
  entry(
    'a header length that takes the decoy for the transport header',
    // Whoever receives it reads the same bytes as ports: the decoy is the transport header.
    into(ipv4({ source: V4.friend, destination: V4.pod, ...header(5, DECOY) }, OTHER_PORT), 'ALLOWED'),
    into(ipv4({ source: V4.stranger, destination: V4.pod, ...header(5, DECOY) }, OTHER_PORT), 'POLICY'),
    out(ipv4({ source: V4.pod, destination: V4.friend, ...header(5, DECOY) }, OTHER_PORT), 'ALLOWED'),
  ),
  entry(
    'a header length that reaches into the transport header',
    intoUnread(ipv4({ source: V4.friend, destination: V4.pod, ...header(6) }, SYN), 'TRUNCATED'),
    outUnread(ipv4({ source: V4.pod, destination: V4.friend, ...header(6) }, SYN), 'TRUNCATED'),
  ),
  entry(
    'a header length that reaches past the packet',
    intoUnread(ipv4({ source: V4.friend, destination: V4.pod, ...header(15) }, SYN), 'MALFORMED'),
    outUnread(ipv4({ source: V4.pod, destination: V4.friend, ...header(15) }, SYN), 'MALFORMED'),
    outNever(ipv4({ source: V4.stranger, destination: V4.friend, ...header(15) }, SYN), 'SPOOFED_SOURCE'),
  ),
  entry(
    'options that push the transport header out of the length that is told',
    intoUnread(ipv4({ source: V4.friend, destination: V4.pod, ...header(15, ipv4Padding(10), 60) }, SYN), 'TRUNCATED'),
    intoUnread(ipv4({ source: V4.friend, destination: V4.pod, ...header(15, ipv4Padding(10), 79) }, SYN), 'TRUNCATED'),
    into(ipv4({ source: V4.friend, destination: V4.pod, ...header(15, ipv4Padding(10), 80) }, SYN), 'ALLOWED'),
  ),
  ...[0, 1, 2, 3, 4].map((words) =>
    entry(
      `a header of ${words * 4} bytes`,
      intoUnread(ipv4({ source: V4.friend, destination: V4.pod, ...header(words) }, SYN), 'MALFORMED'),
      outUnread(ipv4({ source: V4.pod, destination: V4.friend, ...header(words) }, SYN), 'MALFORMED'),
      outNever(ipv4({ source: V4.stranger, destination: V4.friend, ...header(words) }, SYN), 'SPOOFED_SOURCE'),
    ),
  ),
];

export const OPTIONS: readonly Entry[] = [...STEPPED_OVER, ...MOVED];
