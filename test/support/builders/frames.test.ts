/** The frame builders against published examples and against each layer's own rules. */

import { describe, expect, it } from 'vitest';
import { concat, crc32c, internetChecksum, text, u32, wireAddress } from './bytes.ts';
import { mldReport, neighbourSolicitation, solicitedNode } from './discovery.ts';
import { authenticationHeader, destinationOptions, fragmentHeader, hopByHop, routingHeader } from './extension-headers.ts';
import { arp, ethernet, ipv4, ipv4Padding, ipv6, mappedAddress, slice } from './frames.ts';
import { echo, icmp6Error, icmpError, sctp, tcp, udp } from './segments.ts';

const v4 = { source: '10.0.0.1', destination: '10.0.0.2' };
const v6 = { source: 'fd00::1', destination: 'fd00::2' };
const ports = { source: 40000, destination: 80 };

/** Zero when the checksum inside is right. */
function verify(source: string, destination: string, protocol: number, segment: Uint8Array): number {
  return internetChecksum(
    wireAddress(source),
    wireAddress(destination),
    Uint8Array.from([...u32(segment.length), ...u32(protocol)]),
    segment,
  );
}

describe('frame builders', () => {
  it('compute the checksums of published examples', () => {
    expect(crc32c(text('123456789'))).toBe(0xe3069283);
    const header = Uint8Array.from([0x45, 0, 0, 0x73, 0, 0, 0x40, 0, 0x40, 0x11, 0, 0, 192, 168, 0, 1, 192, 168, 0, 199]);
    expect(internetChecksum(header)).toBe(0xb861);
  });

  it('put VLAN tags between the addresses and the type', () => {
    const frame = ethernet(
      {
        vlans: [
          { id: 7, type: 0x88a8 },
          { id: 9, priority: 3 },
        ],
      },
      arp({ operation: 'request', sender: '10.0.0.1', target: '10.0.0.2' }),
    );
    expect([...frame.slice(12, 22)]).toEqual([0x88, 0xa8, 0, 7, 0x81, 0, 0x60, 9, 8, 6]);
    expect(frame).toHaveLength(14 + 8 + 28);
  });

  it('checksum every transport, over both families', () => {
    const data = text('odd');
    for (const [protocol, segment] of [
      [6, tcp({ ...ports, data })],
      [17, udp({ ...ports, data })],
    ] as const) {
      const four = ipv4({ ...v4, options: ipv4Padding(2) }, segment);
      expect(internetChecksum(four.bytes.slice(0, 28))).toBe(0);
      expect(verify(v4.source, v4.destination, protocol, four.bytes.slice(28))).toBe(0);
      expect(verify(v6.source, v6.destination, protocol, ipv6(v6, segment).bytes.slice(40))).toBe(0);
    }
    expect(internetChecksum(ipv4(v4, echo()).bytes.slice(20))).toBe(0);
    const association = ipv4(v4, sctp(ports)).bytes.slice(20);
    const sum = new DataView(association.buffer).getUint32(8, true);
    association.fill(0, 8, 12);
    expect(crc32c(association)).toBe(sum);
  });

  it('spoil what they are told to spoil', () => {
    const packet = ipv4({ ...v4, totalLength: 10, headerWords: 3, badChecksum: true }, udp({ ...ports, length: 3 }));
    expect([packet.bytes[0], packet.bytes[3], packet.bytes[25]]).toEqual([0x43, 10, 3]);
    expect(internetChecksum(packet.bytes.slice(0, 20))).not.toBe(0);
  });

  it('chain extension headers by their next-header numbers', () => {
    const chain = hopByHop(destinationOptions(routingHeader(fragmentHeader({ id: 5, more: true }, authenticationHeader(tcp(ports))))));
    const bytes = ipv6(v6, chain).bytes;
    expect([bytes[6], bytes[40], bytes[48], bytes[56], bytes[64], bytes[72]]).toEqual([0, 60, 43, 44, 51, 6]);
    expect([...bytes.slice(66, 68)]).toEqual([0, 1]);
    expect(bytes).toHaveLength(40 + 4 * 8 + 24 + 20);
  });

  it('cut fragments out of a segment that was checksummed whole', () => {
    const whole = udp({ ...ports, data: new Uint8Array(40).fill(9) });
    const first = ipv4({ ...v4, moreFragments: true }, slice(whole, 0, 24));
    const second = ipv4({ ...v4, fragmentOffset: 3 }, slice(whole, 24));
    expect([...first.bytes.slice(6, 8), ...second.bytes.slice(6, 8)]).toEqual([0x20, 0, 0, 3]);
    const joined = concat(first.bytes.slice(20), second.bytes.slice(20));
    expect(verify(v4.source, v4.destination, 17, joined)).toBe(0);
  });

  it('quote the packet that an error is about', () => {
    const about = ipv4(v4, udp({ ...ports, data: new Uint8Array(100) }));
    expect(icmpError('unreachable', about).bytes({ source: new Uint8Array(), destination: new Uint8Array() })).toHaveLength(8 + 28);
    const about6 = ipv6(v6, tcp(ports));
    const error = ipv6({ source: 'fd00::2', destination: 'fd00::1' }, icmp6Error('packet-too-big', about6));
    expect(verify('fd00::2', 'fd00::1', 58, error.bytes.slice(40))).toBe(0);
    expect([...error.bytes.slice(48)]).toEqual([...about6.bytes]);
  });

  it('send discovery with the hop limit and groups that the RFCs demand', () => {
    expect(solicitedNode('fd00::12:3456')).toBe('ff02::1:ff12:3456');
    expect(ipv6({ ...v6, destination: solicitedNode('fd00::2') }, neighbourSolicitation('fd00::2')).bytes[7]).toBe(255);
    const report = ipv6({ source: 'fe80::1', destination: 'ff02::16' }, mldReport('ff02::fb'));
    expect([report.bytes[6], report.bytes[7], report.bytes[40], report.bytes[48]]).toEqual([0, 1, 58, 143]);
    expect(verify('fe80::1', 'ff02::16', 58, report.bytes.slice(48))).toBe(0);
  });

  it('can carry addresses that the model refuses', () => {
    expect(ipv6({ source: mappedAddress('10.0.0.1'), destination: 'fd00::2' }, tcp(ports)).bytes[18]).toBe(255);
  });
});
