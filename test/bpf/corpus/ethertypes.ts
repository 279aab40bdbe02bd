/** VLAN tags of every kind, and frames that are neither IP nor ARP. Tags are walked; the rest is dropped for an isolated pod, whoever is allowed. */

import { concat, u16 } from '../../support/builders/bytes.ts';
import { arp, ethernet, HOST_MAC, ipv4, otherPacket, POD_MAC, type Packet, type Vlan } from '../../support/builders/frames.ts';
import { macBytes } from '../../support/builders/bytes.ts';
import { tcp } from '../../support/builders/segments.ts';
import { FAMILIES, V4, withEthertype } from '../stage.ts';
import { entry, into, intoUnread, out, outNever, outUnread, type Entry } from './table.ts';

const SYN = tcp({ source: 40000, destination: 80 });
const [CUSTOMER, SERVICE] = [0x8100, 0x88a8];

const TAGS: Readonly<Record<string, readonly Vlan[]>> = {
  'one customer tag': [{ id: 7 }],
  'one service tag': [{ id: 7, type: SERVICE }],
  'a priority tag': [{ id: 0, priority: 7 }],
  'a tag with the number 4095': [{ id: 4095 }],
  'a tag that may be dropped': [{ id: 0x1007 }],
  'two customer tags': [{ id: 7 }, { id: 8 }],
  'a customer tag in a service tag': [{ id: 7, type: SERVICE }, { id: 8 }],
  'a service tag in a customer tag': [{ id: 7 }, { id: 8, type: SERVICE }],
  'a priority tag in a tag': [{ id: 7 }, { id: 0, priority: 5 }],
  'three tags': [{ id: 1, type: SERVICE }, { id: 2, type: SERVICE }, { id: 3 }],
  'four tags': [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }],
};

const WALKED: readonly Entry[] = FAMILIES.flatMap((family) =>
  Object.entries(TAGS).map(([what, vlans]) => {
    const frame = (packet: Packet): Uint8Array => ethernet({ vlans }, packet);
    return entry(
      `${family.name} under ${what}`,
      into(frame(family.packet(family.friend, family.pod, SYN)), 'ALLOWED'),
      into(frame(family.packet(family.stranger, family.pod, SYN)), 'POLICY'),
      into(frame(family.winding(family.friend, family.pod, tcp({ source: 40000, destination: 81 }))), 'POLICY'),
      out(frame(family.packet(family.pod, family.friend, SYN)), 'ALLOWED'),
      out(frame(family.packet(family.pod, family.stranger, SYN)), 'POLICY'),
      outNever(frame(family.packet(family.neighbour, family.friend, SYN)), 'SPOOFED_SOURCE'),
    );
  }),
);

/** Too many tags, or tags that the kernel takes for none. */
const UNKNOWN_TAGS: Readonly<Record<string, readonly Vlan[]>> = {
  'five tags': [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }, { id: 5 }],
  'eight tags': Array.from({ length: 8 }, (_, id) => ({ id })),
  'an old service tag, 0x9100': [{ id: 7, type: 0x9100 }],
  'an old service tag, 0x9200': [{ id: 7, type: 0x9200 }],
  'an old service tag, 0x9300': [{ id: 7, type: 0x9300 }],
  'an old service tag in a tag': [{ id: 7 }, { id: 8, type: 0x9100 }],
  'a provider tag, 0x88e7': [{ id: 7, type: 0x88e7 }],
};

const NOT_WALKED: readonly Entry[] = FAMILIES.flatMap((family) =>
  Object.entries(UNKNOWN_TAGS).map(([what, vlans]) =>
    entry(
      `${family.name} under ${what}`,
      intoUnread(ethernet({ vlans }, family.packet(family.friend, family.pod, SYN)), 'NOT_IP'),
      outUnread(ethernet({ vlans }, family.packet(family.pod, family.friend, SYN)), 'NOT_IP'),
    ),
  ),
);

const LLC_IP = concat([0xaa, 0xaa, 3, 0, 0, 0], u16(0x0800), ipv4({ source: V4.friend, destination: V4.pod }, SYN).bytes);

const OTHERS: Readonly<Record<string, Packet>> = {
  LLDP: otherPacket(0x88cc, concat([2, 7, 4], macBytes(POD_MAC), [4, 7, 3], macBytes(POD_MAC), [6, 2, 0, 120, 0, 0])),
  'spanning tree, by LLC': otherPacket(38, concat([0x42, 0x42, 3], new Uint8Array(43))),
  'a length of 0': otherPacket(0),
  'a length of 3, LLC': otherPacket(3, concat([0xfe, 0xfe, 3], new Uint8Array(43))),
  'a length of 1,500': otherPacket(1500, new Uint8Array(1500)),
  'a length that is none, 1,501': otherPacket(1501),
  'a length that is none, 1,535': otherPacket(1535),
  'IPv4 in SNAP': otherPacket(LLC_IP.length, LLC_IP),
  'IPv4 in LLC': otherPacket(60, concat([0x06, 0x06, 3], ipv4({ source: V4.friend, destination: V4.pod }, SYN).bytes)),
  'NetWare, raw': otherPacket(46, concat([255, 255], new Uint8Array(44))),
  'PPPoE discovery': otherPacket(0x8863),
  'PPPoE session': otherPacket(0x8864),
  MPLS: otherPacket(0x8847),
  'MPLS, multicast': otherPacket(0x8848),
  'IPv4 under MPLS': withEthertype(ipv4({ source: V4.friend, destination: V4.pod }, SYN), 0x8847),
  RARP: withEthertype(arp({ operation: 'request', sender: V4.pod, target: V4.pod }), 0x8035),
  'wake-on-LAN': otherPacket(0x0842),
  EAPOL: otherPacket(0x888e),
  MACsec: otherPacket(0x88e5),
  PTP: otherPacket(0x88f7),
  LACP: otherPacket(0x8809),
  'loopback test': otherPacket(0x9000),
  TRILL: otherPacket(0x22f3),
  batman: otherPacket(0x4305),
  FCoE: otherPacket(0x8906),
  AppleTalk: otherPacket(0x809b),
  'an ethertype for experiments': otherPacket(0x88b5),
  'the last ethertype': otherPacket(0xffff),
};

const NOT_IP: readonly Entry[] = Object.entries(OTHERS).map(([what, packet]) =>
  entry(
    what,
    intoUnread(packet, 'NOT_IP'),
    outUnread(packet, 'NOT_IP'),
    intoUnread(ethernet({ vlans: [{ id: 7 }] }, packet), 'NOT_IP'),
    outUnread(
      ethernet(
        {
          vlans: [
            { id: 7, type: SERVICE },
            { id: 8, type: CUSTOMER },
          ],
        },
        packet,
      ),
      'NOT_IP',
    ),
    intoUnread(ethernet({ destination: 'ff:ff:ff:ff:ff:ff', source: HOST_MAC }, packet), 'NOT_IP'),
  ),
);

/** Link-layer addresses play no part: neither broadcast nor another's makes a packet somebody else's. */
const MACS: readonly Entry[] = ['ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:fb', '33:33:00:00:00:fb', '00:00:00:00:00:00', POD_MAC].map((mac) =>
  entry(
    `a frame to ${mac}`,
    into(ethernet({ destination: mac }, V4.packet(V4.friend, V4.pod, SYN)), 'ALLOWED'),
    into(ethernet({ destination: mac }, V4.packet(V4.stranger, V4.pod, SYN)), 'POLICY'),
    out(ethernet({ destination: mac, source: HOST_MAC }, V4.packet(V4.pod, V4.stranger, SYN)), 'POLICY'),
    outNever(ethernet({ destination: mac }, V4.packet(V4.neighbour, V4.friend, SYN)), 'SPOOFED_SOURCE'),
  ),
);

export const ETHERTYPES: readonly Entry[] = [...WALKED, ...NOT_WALKED, ...NOT_IP, ...MACS];
