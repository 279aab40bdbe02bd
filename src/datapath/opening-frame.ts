/** The frame of a connection's first packet: as short as the programs read it, and without checksums, which they do not look at. */

import { addressBytes, isIPv4, type Address } from '../model/ip.ts';
import { PROTOCOL_NUMBER, type Protocol } from '../model/verdict.ts';

export interface Opening {
  readonly source: Address;
  readonly destination: Address;
  readonly protocol: Protocol;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

const ETHERNET = 14;
const [ETHERTYPE_IPV4, ETHERTYPE_IPV6] = [0x0800, 0x86dd];
const HOP_LIMIT = 64;
/** RFC 9293: five words of header, SYN. */
const [TCP_OFFSET, SYN] = [0x50, 0x02];
/** RFC 9260: chunk type INIT and its length. */
const [SCTP_INIT, INIT_LENGTH] = [1, 20];
const TRANSPORT_LENGTH: Readonly<Record<Protocol, number>> = { TCP: 20, UDP: 16, SCTP: 12 + INIT_LENGTH };

/** A SYN, an INIT, or a datagram of eight bytes. */
export function openingFrame(opening: Opening): Uint8Array {
  const v4 = isIPv4(opening.source);
  const transport = ETHERNET + (v4 ? 20 : 40);
  const frame = new Uint8Array(transport + TRANSPORT_LENGTH[opening.protocol]);
  const view = new DataView(frame.buffer);
  view.setUint16(12, v4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
  if (v4) writeIPv4(frame, view, opening);
  else writeIPv6(frame, view, opening);
  writeTransport(view, transport, opening);
  return frame;
}

function writeIPv4(frame: Uint8Array, view: DataView, { source, destination, protocol }: Opening): void {
  view.setUint8(ETHERNET, 0x45);
  view.setUint16(ETHERNET + 2, frame.length - ETHERNET);
  view.setUint8(ETHERNET + 8, HOP_LIMIT);
  view.setUint8(ETHERNET + 9, PROTOCOL_NUMBER[protocol]);
  frame.set(addressBytes(source).subarray(12), ETHERNET + 12);
  frame.set(addressBytes(destination).subarray(12), ETHERNET + 16);
}

function writeIPv6(frame: Uint8Array, view: DataView, { source, destination, protocol }: Opening): void {
  view.setUint8(ETHERNET, 0x60);
  view.setUint16(ETHERNET + 4, frame.length - ETHERNET - 40);
  view.setUint8(ETHERNET + 6, PROTOCOL_NUMBER[protocol]);
  view.setUint8(ETHERNET + 7, HOP_LIMIT);
  frame.set(addressBytes(source), ETHERNET + 8);
  frame.set(addressBytes(destination), ETHERNET + 24);
}

function writeTransport(view: DataView, at: number, { protocol, sourcePort, destinationPort }: Opening): void {
  view.setUint16(at, sourcePort);
  view.setUint16(at + 2, destinationPort);
  switch (protocol) {
    case 'TCP':
      view.setUint8(at + 12, TCP_OFFSET);
      view.setUint8(at + 13, SYN);
      return;
    case 'UDP':
      view.setUint16(at + 4, TRANSPORT_LENGTH.UDP);
      return;
    case 'SCTP':
      view.setUint8(at + 12, SCTP_INIT);
      view.setUint16(at + 14, INIT_LENGTH);
      return;
  }
}
