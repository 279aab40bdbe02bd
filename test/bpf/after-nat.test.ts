/** after_nat by test runs: what the node forwards untracked. What kube-proxy has rewritten carries a connection, which only real packets have. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/model/ip.ts';
import { fragmentHeader, hopByHop, repeat, destinationOptions } from '../support/builders/extension-headers.ts';
import { neighbourAdvertisement, neighbourSolicitation, routerSolicitation } from '../support/builders/discovery.ts';
import { ethernet, ipv4, ipv4Padding, ipv6, slice, type Packet, type Segment } from '../support/builders/frames.ts';
import { service, type ServicePortOptions } from '../support/builders/services.ts';
import { sctp, tcp, udp } from '../support/builders/segments.ts';
import type { FlowWord } from '../support/flow-rows.ts';
import { needsKernel } from '../support/requires.ts';
import { PASSING, type Seen } from './corpus/table.ts';
import { FAMILIES, Stage, V4, type Family, type Rules } from './stage.ts';

const CLIENT = 40000;
const TCP = 6;
const PORTS: readonly ServicePortOptions[] = [
  { protocol: 'TCP', port: 80, targetPort: 8080 },
  { protocol: 'UDP', port: 53, targetPort: 5353 },
  { protocol: 'SCTP', port: 80, targetPort: 8080 },
];
const SYN = tcp({ source: CLIENT, destination: 80 });
const OPENINGS: readonly { readonly name: string; readonly segment: Segment }[] = [
  { name: 'TCP', segment: SYN },
  { name: 'UDP', segment: udp({ source: CLIENT, destination: 53 }) },
  { name: 'SCTP', segment: sctp({ source: CLIENT, destination: 80 }) },
];
const ALL_TCP_80: Rules['egress'] = [{ ports: [{ port: 80 }] }];

describe.each(FAMILIES)('what is forwarded over $name', needsKernel, (family) => {
  let stage: Stage;
  beforeAll(() => {
    stage = new Stage();
  });
  afterAll(() => stage.close());

  const begin = (rules: Rules): void => {
    stage.set(rules, { services: 'after-nat' });
    stage.kernel.upsert(service('shop/api', { addresses: [family.service], ports: PORTS }));
  };
  const forwarded = (packet: Packet): Seen => {
    const { passed, reason } = stage.kernel.forward(ethernet({}, packet));
    expect(passed, reason).toBe(PASSING.has(reason ?? 'pass'));
    return reason ?? 'pass';
  };
  const toService = (segment: Segment, source = family.pod): Packet => family.packet(source, family.service, segment);
  const row = (protocol = TCP, remotePort = 80): FlowWord | undefined =>
    stage.kernel.flow({ remote: parseAddress(family.service), protocol, localPort: CLIENT, remotePort });

  describe('of a pod that may reach no one', () => {
    beforeEach(() => begin({ ingress: [], egress: [] }));

    it.each(OPENINGS)('$name to a frontend, which nobody has rewritten, is dropped, and its row goes', ({ segment }) => {
      expect(stage.out(toService(segment))).toBe('pass');
      expect(stage.kernel.flows()).toBe(1);
      expect(forwarded(toService(segment))).toBe('POLICY');
      expect(stage.kernel.flows()).toBe(0);
    });

    it('without a row it is dropped as well', () => {
      expect(forwarded(toService(SYN))).toBe('POLICY');
    });

    it('to anything but a frontend was judged before: it passes', () => {
      for (const packet of [
        family.packet(family.pod, family.friend, SYN),
        toService(tcp({ source: CLIENT, destination: 81 })),
        toService(family.echo()),
        toService({ protocol: 47, bytes: () => new Uint8Array(8) }),
      ])
        expect(forwarded(packet)).toBe('pass');
    });

    it('of other senders passes: of other pods, of other nodes, of the node', () => {
      for (const source of [family.friend, family.neighbour, family.stranger, family.node])
        expect(forwarded(toService(SYN, source)), source).toBe('pass');
    });

    it('options and extension headers are stepped over', () => {
      expect(forwarded(family.winding(family.pod, family.service, SYN))).toBe('POLICY');
      const far =
        family === V4 ? ipv4({ source: family.pod, destination: family.service, options: ipv4Padding(10) }, SYN) : chain(family, 8);
      expect(forwarded(far)).toBe('POLICY');
    });

    it('first fragments are judged; later ones have no ports', () => {
      const [first, later] = fragments(family);
      expect(forwarded(first)).toBe('POLICY');
      expect(forwarded(later)).toBe('pass');
    });

    it('what ends inside its headers is left to the stack', () => {
      const frame = ethernet({}, toService(SYN));
      const headers = family === V4 ? 34 : 54;
      for (const length of [headers, headers + 3])
        expect(stage.kernel.forward(frame.slice(0, length)).passed, `${length} bytes`).toBe(true);
      expect(stage.kernel.forward(frame.slice(0, headers + 4)).passed).toBe(false);
    });

    it('a message of IPv6 discovery that a router has passed on is dropped, and one on the link is not', () => {
      if (family === V4) return;
      for (const message of [neighbourSolicitation(family.stranger), neighbourAdvertisement(family.pod), routerSolicitation()]) {
        const sent = (hopLimit: number): Packet => ipv6({ source: family.pod, destination: family.stranger, hopLimit }, message);
        expect(stage.out(sent(255))).toBe('pass');
        expect([254, 64, 1].map((hopLimit) => forwarded(sent(hopLimit)))).toEqual(['DISCOVERY', 'DISCOVERY', 'DISCOVERY']);
        expect(forwarded(ipv6({ source: family.pod, destination: family.stranger, hopLimit: 254 }, hopByHop(message)))).toBe('DISCOVERY');
        expect(forwarded(sent(255))).toBe('pass');
      }
    });

    it('is told as what it is: a packet to that address', () => {
      stage.kernel.events();
      forwarded(toService(SYN));
      expect(stage.kernel.events()).toMatchObject([
        {
          source: parseAddress(family.pod),
          destination: parseAddress(family.service),
          destinationPort: 80,
          direction: 'egress',
          verdict: 'deny',
        },
      ]);
    });
  });

  describe("of a pod whose rules allow the frontend's own address", () => {
    beforeEach(() => begin({ ingress: [], egress: ALL_TCP_80 }));

    it('makes the row current, as no rewritten one', () => {
      expect(stage.out(toService(SYN))).toBe('pass');
      expect(forwarded(toService(SYN))).toBe('ALLOWED');
      expect(row()).toEqual({ generation: stage.kernel.generation, openedBy: 'pod', node: false, rewritten: false });
      expect(stage.talk(family, family.service).into(tcp({ source: 80, destination: CLIENT, flags: ['syn', 'ack'] }))).toBe('pass');
    });

    it("makes no row where from_pod has made none: somebody else sends with the pod's address", () => {
      expect(forwarded(toService(SYN))).toBe('ALLOWED');
      expect(stage.kernel.flows()).toBe(0);
      expect(stage.talk(family, family.service).into(tcp({ source: 80, destination: CLIENT, flags: ['syn', 'ack'] }))).not.toBe('pass');
    });

    it('is cut once an edit has narrowed', () => {
      stage.out(toService(SYN));
      forwarded(toService(SYN));
      stage.edit({ ingress: [], egress: [] });
      const ack = tcp({ source: CLIENT, destination: 80, flags: ['ack'] });
      expect(stage.out(toService(ack))).toBe('pass');
      expect(forwarded(toService(ack))).toBe('POLICY');
      expect(stage.talk(family, family.service).into(tcp({ source: 80, destination: CLIENT, flags: ['ack'] }))).not.toBe('pass');
    });
  });

  it.each([
    { name: 'isolated for ingress alone', rules: { ingress: [] } },
    { name: 'not isolated', rules: {} },
  ])('of a pod that is $name passes', ({ rules }) => {
    begin(rules);
    expect(forwarded(toService(SYN))).toBe('pass');
  });

  it('without policies in the cluster passes', () => {
    stage.set({}, { policies: false, services: 'after-nat' });
    expect(forwarded(toService(SYN))).toBe('pass');
  });

  it('of an address that was a pod here until now passes', () => {
    begin({ egress: [] });
    expect(forwarded(toService(SYN))).toBe('POLICY');
    stage.kernel.unbind();
    stage.kernel.sweep();
    expect(stage.kernel.forward(ethernet({}, toService(SYN))).passed).toBe(true);
  });
});

function chain(family: Family, count: number): Packet {
  return ipv6({ source: family.pod, destination: family.service }, repeat(count, destinationOptions, SYN));
}

function fragments(family: Family): readonly [first: Packet, later: Packet] {
  const whole = udp({ source: CLIENT, destination: 53, data: new Uint8Array(100) });
  const ends = { source: family.pod, destination: family.service };
  return family === V4
    ? [ipv4({ ...ends, moreFragments: true }, slice(whole, 0, 48)), ipv4({ ...ends, fragmentOffset: 6 }, slice(whole, 48))]
    : [
        ipv6(ends, hopByHop(fragmentHeader({ more: true }, slice(whole, 0, 48)))),
        ipv6(ends, fragmentHeader({ offset: 6 }, slice(whole, 48))),
      ];
}
