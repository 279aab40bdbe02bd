/** Frames: VLAN tags, ethertypes that are not IP, what is cut short or makes no sense, and how a packet lies in memory. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  arp,
  ethernet,
  ETHERTYPE,
  ipv4,
  ipv4Padding,
  ipv6,
  mappedAddress,
  otherPacket,
  raw,
  truncate,
  type Packet,
  type Vlan,
} from '../support/builders/frames.ts';
import { sctp, tcp, udp } from '../support/builders/segments.ts';
import { needsKernel } from '../support/requires.ts';
import { FAMILIES, FRIEND, Stage, V4, V6, withEthertype } from './stage.ts';

const WEB = 80;
const SYN = tcp({ source: 40000, destination: WEB });
const rule = { from: [FRIEND], ports: [{ port: WEB }] };

const tags = (...ids: readonly number[]): readonly Vlan[] =>
  ids.map((id, index) => ({ id, type: index === 0 && ids.length > 1 ? ETHERTYPE.qinq : ETHERTYPE.vlan }));

const STRANGE: readonly { readonly name: string; readonly packet: Packet }[] = [
  { name: 'PPPoE', packet: otherPacket(ETHERTYPE.pppoe) },
  { name: 'MPLS', packet: otherPacket(ETHERTYPE.mpls) },
  { name: 'LLC (a length)', packet: otherPacket(46) },
  { name: 'an ethertype for experiments', packet: otherPacket(0x88b5) },
  { name: 'RARP', packet: withEthertype(arp({ operation: 'request', sender: V4.pod, target: V4.friend }), 0x8035) },
  { name: 'IP over MPLS', packet: withEthertype(ipv4({ source: V4.friend, destination: V4.pod }, SYN), ETHERTYPE.mpls) },
];

describe('frames', needsKernel, () => {
  let stage: Stage;

  beforeAll(() => {
    stage = new Stage();
  });
  afterAll(() => stage.close());
  beforeEach(() => stage.kernel.forget());

  describe.each(FAMILIES)('of an isolated pod, over $name', (family) => {
    beforeAll(() => stage.set({ ingress: [rule], egress: [{ to: [FRIEND], ports: [{ port: WEB }] }] }));
    const fromFriend = (): Packet => family.packet(family.friend, family.pod, SYN);
    const fromStranger = (): Packet => family.packet(family.stranger, family.pod, SYN);
    const toFriend = (): Packet => family.packet(family.pod, family.friend, SYN);
    const toStranger = (): Packet => family.packet(family.pod, family.stranger, SYN);

    it.each([{ ids: [] }, { ids: [0] }, { ids: [7] }, { ids: [7, 8] }, { ids: [1, 2, 3, 4] }])(
      'are judged under the VLAN tags $ids',
      ({ ids }) => {
        const vlans = tags(...ids);
        expect(stage.fate('ingress', ethernet({ vlans }, fromFriend()))).toBe('pass');
        expect(stage.fate('ingress', ethernet({ vlans }, fromStranger()))).toBe('POLICY');
        expect(stage.fate('egress', ethernet({ vlans }, toFriend()))).toBe('pass');
        expect(stage.fate('egress', ethernet({ vlans }, toStranger()))).toBe('POLICY');
        expect(stage.fate('egress', ethernet({ vlans }, family.packet(family.neighbour, family.friend, SYN)))).toBe('SPOOFED_SOURCE');
      },
    );

    it('are dropped under more tags than anyone uses', () => {
      expect(stage.fate('ingress', ethernet({ vlans: tags(1, 2, 3, 4, 5) }, fromFriend()))).toBe('NOT_IP');
      expect(stage.fate('egress', ethernet({ vlans: tags(1, 2, 3, 4, 5) }, toFriend()))).toBe('NOT_IP');
    });

    it('are dropped where the ethertype names the other family', () => {
      const wrong = family.name === 'IPv4' ? ETHERTYPE.ipv6 : ETHERTYPE.ipv4;
      expect(stage.into(withEthertype(fromFriend(), wrong))).not.toBe('pass');
      expect(stage.out(withEthertype(toFriend(), wrong))).not.toBe('pass');
    });

    it('are dropped wherever they end inside their headers, and judged from then on', () => {
      // Behind a tag, since a test run itself refuses an IP packet without its header.
      const frame = ethernet({ vlans: tags(7) }, fromFriend());
      for (let length = 14; length < frame.length; length += 1)
        expect(stage.fate('ingress', truncate(frame, length)), `${length} bytes`).toBe('TRUNCATED');
      expect(stage.fate('ingress', frame)).toBe('pass');
      const sent = ethernet({ vlans: tags(7) }, toFriend());
      for (let length = 14; length < sent.length; length += 1)
        expect(stage.fate('egress', truncate(sent, length)), `${length} bytes`).toBe('TRUNCATED');
      expect(stage.fate('egress', sent)).toBe('pass');
    });

    it('are dropped where they end inside a VLAN tag', () => {
      const frame = ethernet({ vlans: tags(1, 2) }, toFriend());
      for (const length of [14, 16, 17, 18, 20]) expect(stage.fate('egress', truncate(frame, length)), `${length} bytes`).toBe('TRUNCATED');
    });

    it.each([
      { name: 'TCP', segment: SYN, least: 20 },
      { name: 'UDP', segment: udp({ source: 40000, destination: 53 }), least: 8 },
      { name: 'SCTP', segment: sctp({ source: 40000, destination: 80 }), least: 16 },
      { name: 'echo', segment: family.echo(), least: 8 },
    ])('a $name header must be whole inside the length that IP tells', ({ segment, least }) => {
      stage.set({ ingress: [{ from: [FRIEND] }] });
      const told = (length: number): Packet =>
        family.name === 'IPv4'
          ? ipv4({ source: family.friend, destination: family.pod, totalLength: 20 + length }, segment)
          : ipv6({ source: family.friend, destination: family.pod, payloadLength: length }, segment);
      for (let length = 0; length < least; length += 1) expect(stage.into(told(length)), `${length} bytes`).toBe('TRUNCATED');
      expect(stage.into(told(least))).toBe('pass');
      stage.set({ ingress: [rule], egress: [{ to: [FRIEND], ports: [{ port: WEB }] }] });
    });

    it('may be longer than the packet in them', () => {
      const padded = new Uint8Array(120);
      padded.set(ethernet({}, fromFriend()));
      expect(stage.fate('ingress', padded)).toBe('pass');
    });

    it('must not be shorter', () => {
      const longer =
        family.name === 'IPv4'
          ? ipv4({ source: family.friend, destination: family.pod, totalLength: 41 }, SYN)
          : ipv6({ source: family.friend, destination: family.pod, payloadLength: 21 }, SYN);
      expect(stage.into(longer)).toBe('TRUNCATED');
    });

    it('TCP options are walked past, and their length must be true', () => {
      const syn = { source: 40000, destination: WEB };
      const at = (options: Parameters<typeof tcp>[0]): Packet => family.packet(family.friend, family.pod, tcp(options));
      expect(stage.into(at({ ...syn, options: new Uint8Array(40).fill(1) }))).toBe('pass');
      for (const headerWords of [0, 1, 4]) expect(stage.into(at({ ...syn, headerWords }))).toBe('MALFORMED');
      for (const headerWords of [6, 15]) expect(stage.into(at({ ...syn, headerWords }))).toBe('TRUNCATED');
    });

    it("a bad checksum is the receiver's to find", () => {
      expect(stage.into(family.packet(family.friend, family.pod, tcp({ source: 40000, destination: WEB, badChecksum: true })))).toBe(
        'pass',
      );
      expect(stage.into(family.packet(family.stranger, family.pod, tcp({ source: 40000, destination: WEB, badChecksum: true })))).toBe(
        'POLICY',
      );
    });

    it.each([1000, 3600])('are judged alike with %i bytes of data', (size) => {
      const data = new Uint8Array(size);
      const big = { source: 40000, destination: WEB, flags: ['syn'], data } as const;
      for (const make of [family.packet, family.winding]) {
        expect(stage.into(make(family.friend, family.pod, tcp(big)))).toBe('pass');
        expect(stage.into(make(family.stranger, family.pod, tcp(big)))).toBe('POLICY');
        expect(stage.into(make(family.friend, family.pod, udp({ source: 40000, destination: WEB, data })))).toBe('POLICY');
        expect(stage.out(make(family.pod, family.friend, tcp(big)))).toBe('pass');
        expect(stage.out(make(family.pod, family.stranger, tcp(big)))).toBe('POLICY');
        expect(stage.out(make(family.neighbour, family.friend, tcp(big)))).toBe('SPOOFED_SOURCE');
      }
    });

    it('segments that the kernel still has to cut may leave their length 0', () => {
      const data = new Uint8Array(3000);
      const uncut = (source: string): Uint8Array => {
        const segment = tcp({ source: 40000, destination: WEB, data });
        return ethernet(
          {},
          family.name === 'IPv4'
            ? ipv4({ source, destination: family.pod, totalLength: 0 }, segment)
            : ipv6({ source, destination: family.pod, payloadLength: 0 }, segment),
        );
      };
      expect(stage.fate('ingress', uncut(family.friend), { segments: 3 })).toBe('pass');
      expect(stage.fate('ingress', uncut(family.stranger), { segments: 3 })).toBe('POLICY');
      expect(stage.fate('ingress', uncut(family.friend))).not.toBe('pass');
    });
  });

  describe('of an isolated pod', () => {
    beforeAll(() => stage.set({ ingress: [{}], egress: [{}] }));

    it.each(STRANGE)('$name is dropped, even where every peer is allowed', ({ packet }) => {
      expect(stage.into(packet)).toBe('NOT_IP');
      expect(stage.out(packet)).toBe('NOT_IP');
      expect(stage.fate('ingress', ethernet({ vlans: tags(7, 8) }, packet))).toBe('NOT_IP');
    });

    it.each([
      { name: 'version 5', packet: ipv4({ source: V4.friend, destination: V4.pod, version: 5 }, SYN) },
      { name: 'version 6 under the type of IPv4', packet: ipv4({ source: V4.friend, destination: V4.pod, version: 6 }, SYN) },
      { name: 'a header of 16 bytes', packet: ipv4({ source: V4.friend, destination: V4.pod, headerWords: 4 }, SYN) },
      { name: 'a header of no bytes', packet: ipv4({ source: V4.friend, destination: V4.pod, headerWords: 0 }, SYN) },
      { name: 'a length below the header', packet: ipv4({ source: V4.friend, destination: V4.pod, totalLength: 19 }, SYN) },
      { name: 'a length of 0', packet: ipv4({ source: V4.friend, destination: V4.pod, totalLength: 0 }, SYN) },
      {
        name: 'a length below its options',
        packet: ipv4({ source: V4.friend, destination: V4.pod, options: ipv4Padding(4), totalLength: 32 }, SYN),
      },
      { name: 'version 4 under the type of IPv6', packet: ipv6({ source: V6.friend, destination: V6.pod, version: 4 }, SYN) },
    ])('IP with $name is malformed', ({ packet }) => {
      expect(stage.into(packet)).toBe('MALFORMED');
    });

    it('IPv6 with a mapped address is dropped, whoever is allowed', () => {
      const cases: readonly [Uint8Array | string, Uint8Array | string][] = [
        [mappedAddress(V4.friend), V6.pod],
        [V6.friend, mappedAddress(V4.pod)],
        [mappedAddress(V4.friend), mappedAddress(V4.pod)],
      ];
      for (const [source, destination] of cases) {
        for (const segment of [SYN, udp({ source: 1, destination: 2 }), V6.echo(), raw(47)]) {
          expect(stage.into(ipv6({ source, destination }, segment))).toBe('MAPPED_ADDRESS');
          expect(stage.out(ipv6({ source: destination, destination: source }, segment))).toBe('MAPPED_ADDRESS');
        }
      }
    });
  });

  describe('of a pod that no policy selects, in a cluster with policies', () => {
    beforeAll(() => stage.set({}));

    it.each(STRANGE)('$name passes', ({ packet }) => {
      expect([stage.into(packet), stage.out(packet)]).toEqual(['pass', 'pass']);
    });

    it('what makes no sense passes, with its own source', () => {
      const words = { source: V4.pod, destination: V4.friend } as const;
      for (const broken of [{ version: 5 }, { headerWords: 4 }, { totalLength: 7 }, { totalLength: 2000 }]) {
        expect(stage.out(ipv4({ ...words, ...broken }, SYN))).toBe('pass');
        expect(stage.into(ipv4({ source: V4.friend, destination: V4.pod, ...broken }, SYN))).toBe('pass');
      }
      expect(stage.out(ipv6({ source: V6.pod, destination: V6.friend, payloadLength: 2000 }, SYN))).toBe('pass');
    });

    it('what is cut off before its addresses passes', () => {
      const frame = ethernet({ vlans: tags(7) }, V4.packet(V4.pod, V4.friend, SYN));
      for (const length of [14, 16, 18, 25, 37]) expect(stage.fate('egress', truncate(frame, length))).toBe('pass');
    });

    it('a source that is not its own is dropped, also in what makes no sense', () => {
      for (const broken of [{ version: 5 }, { headerWords: 4 }, { totalLength: 7 }, { totalLength: 2000 }, {}]) {
        expect(stage.out(ipv4({ source: V4.neighbour, destination: V4.friend, ...broken }, SYN))).toBe('SPOOFED_SOURCE');
      }
      expect(stage.out(ipv6({ source: mappedAddress(V4.pod), destination: V6.friend }, SYN))).toBe('MAPPED_ADDRESS');
    });
  });

  describe('of any pod in a cluster without policies', () => {
    beforeAll(() => stage.set({}, { policies: false }));

    it('everything passes, spoofed sources too', () => {
      for (const { packet } of STRANGE) expect([stage.into(packet), stage.out(packet)]).toEqual(['pass', 'pass']);
      for (const family of FAMILIES) {
        expect(stage.out(family.packet(family.neighbour, family.stranger, SYN))).toBe('pass');
        expect(stage.into(family.packet(family.stranger, family.pod, SYN))).toBe('pass');
      }
      expect(stage.kernel.flows()).toBe(0);
    });
  });
});
