/** TCP segments with every oddity of flags: only SYN without ACK opens; the rest needs what any segment without a row needs. */

import { tcp, type TcpFlag } from '../../support/builders/segments.ts';
import { FAMILIES, type Family } from '../stage.ts';
import { entry, into, intoEach, out, outEach, type Entry, type Fates } from './table.ts';

type Flags = readonly TcpFlag[];

const OPENINGS: Readonly<Record<string, Flags>> = {
  SYN: ['syn'],
  'SYN and FIN': ['syn', 'fin'],
  'SYN and RST': ['syn', 'rst'],
  'SYN, RST and FIN': ['syn', 'rst', 'fin'],
  'SYN and PSH': ['syn', 'psh'],
  'SYN and URG': ['syn', 'urg'],
  'SYN with congestion flags': ['syn', 'ece', 'cwr'],
  'everything but ACK': ['fin', 'syn', 'rst', 'psh', 'urg', 'ece', 'cwr'],
};

const OTHERS: Readonly<Record<string, Flags>> = {
  'no flag (null scan)': [],
  'FIN, PSH and URG (Xmas scan)': ['fin', 'psh', 'urg'],
  FIN: ['fin'],
  RST: ['rst'],
  ACK: ['ack'],
  PSH: ['psh'],
  URG: ['urg'],
  'RST and ACK': ['rst', 'ack'],
  'FIN and ACK': ['fin', 'ack'],
  'FIN and RST': ['fin', 'rst'],
  'congestion flags alone': ['ece', 'cwr'],
};

/** With ACK beside SYN it is an answer, whatever else is set. */
const ANSWERS: Readonly<Record<string, Flags>> = {
  'SYN and ACK': ['syn', 'ack'],
  'SYN, ACK and FIN': ['syn', 'ack', 'fin'],
  'SYN, ACK and RST': ['syn', 'ack', 'rst'],
  'every flag': ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr'],
};

/** Into the pod an opposite opening that policy would allow is no evidence; out of the pod it makes a reply. */
const STRAY_IN: Fates = ['POLICY', 'NO_EVIDENCE', 'ALLOWED', 'pass'];
const STRAY_OUT: Fates = ['POLICY', 'ALLOWED', 'REPLY', 'pass'];
/** The pod's SYN-ACK answers an inbound opening: where ingress is open, anyone's. */
const ANSWER_OUT: Fates = ['POLICY', 'ALLOWED', 'ALLOWED', 'pass'];

function flagsOf(family: Family): readonly Entry[] {
  const { name, pod, friend, stranger } = family;
  const request = (flags: Flags, destination = 80) => tcp({ source: 40000, destination, flags });
  const answer = (flags: Flags) => tcp({ source: 80, destination: 40000, flags });
  return [
    ...Object.entries(OPENINGS).map(([what, flags]) =>
      entry(
        `${name}: ${what} opens`,
        into(family.packet(friend, pod, request(flags)), 'ALLOWED'),
        into(family.packet(friend, pod, request(flags, 81)), 'POLICY'),
        into(family.packet(friend, pod, answer(flags)), 'POLICY'),
        into(family.packet(stranger, pod, request(flags)), 'POLICY'),
        out(family.packet(pod, friend, request(flags, 81)), 'POLICY'),
        out(family.packet(pod, stranger, request(flags)), 'POLICY'),
        out(family.packet(pod, friend, request(flags)), 'ALLOWED'),
      ),
    ),
    ...[...Object.entries(OTHERS), ...Object.entries(ANSWERS)].map(([what, flags]) =>
      entry(
        `${name}: ${what} of a stranger's, without any row`,
        intoEach(family.packet(stranger, pod, request(flags)), STRAY_IN),
        // Twice the same: a segment that was dropped opens nothing for the next. Where it passed, its row speaks.
        intoEach(family.packet(stranger, pod, request(flags)), ['POLICY', 'NO_EVIDENCE', 'pass', 'pass']),
      ),
    ),
    ...Object.entries(OTHERS).map(([what, flags]) =>
      entry(`${name}: ${what} to a stranger, without any row`, outEach(family.packet(pod, stranger, request(flags)), STRAY_OUT)),
    ),
    ...Object.entries(ANSWERS).map(([what, flags]) =>
      entry(
        `${name}: ${what} to a stranger, without any row`,
        outEach(family.packet(pod, stranger, answer(flags)), ANSWER_OUT),
        outEach(family.packet(pod, friend, answer(flags)), ['ALLOWED', 'ALLOWED', 'ALLOWED', 'pass']),
      ),
    ),
    ...Object.entries(OTHERS).map(([what, flags]) =>
      entry(
        `${name}: ${what} of the friend's to the port that it may open`,
        into(family.packet(friend, pod, request(flags)), 'ALLOWED'),
        into(family.packet(friend, pod, request(flags)), 'pass', 'pass'),
        intoEach(family.packet(friend, pod, tcp({ source: 40001, destination: 81, flags })), STRAY_IN),
      ),
    ),
    entry(
      `${name}: SYN with data`,
      into(family.packet(friend, pod, tcp({ source: 40000, destination: 80, data: new Uint8Array(1000) })), 'ALLOWED'),
      into(family.packet(stranger, pod, tcp({ source: 40000, destination: 80, data: new Uint8Array(1000) })), 'POLICY'),
      out(family.packet(pod, stranger, tcp({ source: 40000, destination: 80, data: new Uint8Array(1000) })), 'POLICY'),
    ),
    entry(
      `${name}: SYN on the tuple of a flow of its own is an opening of the peer's`,
      out(family.packet(pod, friend, request(['syn'])), 'ALLOWED'),
      intoEach(family.packet(friend, pod, answer(['syn'])), ['POLICY', 'POLICY', 'ALLOWED', 'pass']),
      intoEach(family.packet(friend, pod, answer(['syn', 'ack'])), ['pass', 'pass', 'pass', 'pass']),
    ),
  ];
}

export const TCP_FLAGS: readonly Entry[] = FAMILIES.flatMap(flagsOf);
