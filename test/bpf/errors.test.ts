/** ICMP and ICMPv6 errors: judged by the packet that they quote, which went the other way. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { destinationOptions, fragmentHeader } from '../support/builders/extension-headers.ts';
import { ipv4, ipv4Padding, ipv6, mappedAddress, raw, slice, type Packet, type Segment } from '../support/builders/frames.ts';
import { icmp, icmp6, icmp6Error, icmpError, sctp, tcp, udp, type TcpFlag } from '../support/builders/segments.ts';
import { needsKernel } from '../support/requires.ts';
import { FAMILIES, FRIEND, Stage, V4, V6, type Fate } from './stage.ts';

const request = (port = 80, ...flags: TcpFlag[]): Segment =>
  tcp({ source: 40000, destination: port, flags: flags.length > 0 ? flags : ['ack'] });
const response = (port = 80): Segment => tcp({ source: port, destination: 40000, flags: ['ack'] });

describe.each(FAMILIES)('errors over $name', needsKernel, (family) => {
  let stage: Stage;
  const router = family.stranger;

  /** A router, or anyone else, tells the pod about what the pod sent to `peer`. */
  const told = (peer: string, segment: Segment, from = router): Fate =>
    stage.into(family.packet(from, family.pod, family.unreachable(family.packet(family.pod, peer, segment))));
  /** The pod tells `to` about what `peer` sent it. */
  const tell = (peer: string, segment: Segment, to = peer): Fate =>
    stage.out(family.packet(family.pod, to, family.unreachable(family.packet(peer, family.pod, segment))));

  beforeAll(() => {
    stage = new Stage();
  });
  afterAll(() => stage.close());
  beforeEach(() => stage.kernel.forget());

  describe('of a pod that only its friend may reach, and that may reach no one', () => {
    beforeAll(() =>
      stage.set({
        ingress: [{ from: [FRIEND], ports: [{ port: 80 }, { port: 53, protocol: 'UDP' }, { port: 80, protocol: 'SCTP' }] }],
        egress: [],
      }),
    );

    it('about an allowed connection reach it, whoever sends them, with a row and without', () => {
      expect(told(family.friend, response())).toBe('pass');
      stage.talk(family, family.friend).into(request(80, 'syn'));
      stage.talk(family, family.friend).out(tcp({ source: 80, destination: 40000, flags: ['syn', 'ack'] }));
      expect(told(family.friend, response())).toBe('pass');
      expect(told(family.friend, response(), family.friend)).toBe('pass');
    });

    it('about a datagram need its row', () => {
      const answer = udp({ source: 53, destination: 40000 });
      expect(told(family.friend, answer)).toBe('ICMP_UNRELATED');
      stage.talk(family, family.friend).into(udp({ source: 40000, destination: 53 }));
      expect(told(family.friend, answer)).toBe('pass');
      expect(told(family.friend, udp({ source: 53, destination: 40001 }))).toBe('ICMP_UNRELATED');
    });

    it('about what it may not send are unrelated', () => {
      for (const segment of [request(), response(81), udp({ source: 40000, destination: 53 }), raw(47), family.echo()]) {
        expect(told(family.friend, segment)).toBe('ICMP_UNRELATED');
      }
      expect(told(family.stranger, response())).toBe('ICMP_UNRELATED');
    });

    it('leave it for the one whose packet they quote', () => {
      expect(tell(family.friend, request())).toBe('pass');
      stage.talk(family, family.friend).into(udp({ source: 40000, destination: 53 }));
      expect(tell(family.friend, udp({ source: 40000, destination: 53 }))).toBe('pass');
    });

    it('do not leave it for anyone else', () => {
      expect(tell(family.friend, request(), family.stranger)).toBe('ICMP_UNRELATED');
      expect(tell(family.friend, request(), family.neighbour)).toBe('ICMP_UNRELATED');
      expect(tell(family.stranger, request())).toBe('ICMP_UNRELATED');
    });

    it('leave no row behind', () => {
      told(family.friend, response());
      tell(family.friend, request());
      expect(stage.kernel.flows()).toBe(0);
    });

    it("that quote another local address than the pod's are unrelated", () => {
      const about = family.packet(family.neighbour, family.friend, response());
      expect(stage.into(family.packet(router, family.pod, family.unreachable(about)))).toBe('ICMP_UNRELATED');
      const aboutOther = family.packet(family.friend, family.neighbour, request());
      expect(stage.out(family.packet(family.pod, family.friend, family.unreachable(aboutOther)))).toBe('ICMP_UNRELATED');
    });

    it('that quote the packet the wrong way round are unrelated', () => {
      const about = family.packet(family.friend, family.pod, request());
      expect(stage.into(family.packet(router, family.pod, family.unreachable(about)))).toBe('ICMP_UNRELATED');
    });

    it("have the pod's own source", () => {
      const about = family.packet(family.friend, family.pod, request());
      expect(stage.out(family.packet(family.neighbour, family.friend, family.unreachable(about)))).toBe('SPOOFED_SOURCE');
    });

    it('need eight bytes of the transport header', () => {
      const about = family.packet(family.pod, family.friend, response());
      const header = family.name === 'IPv4' ? 0 : 40;
      for (const quote of [0, 4, 7])
        expect(stage.into(family.packet(router, family.pod, family.unreachable(about, header + quote))), `${quote} bytes`).toBe(
          'ICMP_UNRELATED',
        );
      expect(stage.into(family.packet(router, family.pod, family.unreachable(about, header + 8)))).toBe('pass');
    });

    it('about a flow that an edit has cut are unrelated', () => {
      stage.talk(family, family.friend).into(udp({ source: 40000, destination: 53 }));
      stage.edit({ ingress: [], egress: [] });
      expect(told(family.friend, udp({ source: 53, destination: 40000 }))).toBe('ICMP_UNRELATED');
      expect(told(family.friend, response())).toBe('ICMP_UNRELATED');
      stage.set({
        ingress: [{ from: [FRIEND], ports: [{ port: 80 }, { port: 53, protocol: 'UDP' }, { port: 80, protocol: 'SCTP' }] }],
        egress: [],
      });
    });
  });

  describe('of a pod that may reach its friend, and be reached by no one', () => {
    beforeAll(() =>
      stage.set({
        ingress: [],
        egress: [{ to: [FRIEND], ports: [{ port: 80 }, { port: 53, protocol: 'UDP' }, { port: 80, protocol: 'SCTP' }] }],
      }),
    );

    it.each([
      { name: 'TCP', segment: request(80, 'syn') },
      { name: 'UDP', segment: udp({ source: 40000, destination: 53 }) },
      { name: 'SCTP', segment: sctp({ source: 40000, destination: 80 }) },
    ])('about its own $name reach it', ({ segment }) => {
      stage.talk(family, family.friend).out(segment);
      expect(told(family.friend, segment)).toBe('pass');
      expect(told(family.stranger, segment)).toBe('ICMP_UNRELATED');
    });
  });

  it("about its own echo reach a pod, and about another's do not", () => {
    stage.set({ ingress: [], egress: [{ to: [FRIEND] }] });
    expect(stage.talk(family, family.friend).out(family.echo({ id: 9 }))).toBe('pass');
    expect(told(family.friend, family.echo({ id: 9 }))).toBe('pass');
    expect(told(family.stranger, family.echo({ id: 9 }))).toBe('ICMP_UNRELATED');
    expect(told(family.stranger, family.echo({ id: 9, reply: true }))).toBe('ICMP_UNRELATED');
  });

  it('about traffic with the own node pass', () => {
    stage.set({ ingress: [], egress: [] });
    expect(told(family.node, response(10250), family.node)).toBe('pass');
    expect(tell(family.node, request())).toBe('pass');
  });

  it('pass in a direction in which the pod is not isolated', () => {
    stage.set({ ingress: [] });
    expect(tell(family.stranger, request())).toBe('pass');
    stage.set({ egress: [] });
    expect(told(family.stranger, response())).toBe('pass');
  });
});

describe('errors', needsKernel, () => {
  let stage: Stage;
  beforeAll(() => {
    stage = new Stage();
    stage.set({ ingress: [{ from: [FRIEND], ports: [{ port: 80 }] }], egress: [] });
  });
  afterAll(() => stage.close());

  const into4 = (segment: Segment): Fate => stage.into(ipv4({ source: V4.stranger, destination: V4.pod }, segment));
  const into6 = (segment: Segment): Fate => stage.into(ipv6({ source: V6.stranger, destination: V6.pod }, segment));
  const sent4 = ipv4({ source: V4.pod, destination: V4.friend }, response());
  const sent6 = ipv6({ source: V6.pod, destination: V6.friend }, response());

  it.each(['unreachable', 'fragmentation-needed', 'time-exceeded', 'parameter-problem', 'source-quench'] as const)(
    'of ICMP: %s',
    (kind) => {
      expect(into4(icmpError(kind, sent4))).toBe('pass');
      expect(into4(icmpError(kind, ipv4({ source: V4.pod, destination: V4.stranger }, response())))).toBe('ICMP_UNRELATED');
    },
  );

  it.each(['unreachable', 'packet-too-big', 'time-exceeded', 'parameter-problem'] as const)('of ICMPv6: %s', (kind) => {
    expect(into6(icmp6Error(kind, sent6))).toBe('pass');
    expect(into6(icmp6Error(kind, ipv6({ source: V6.pod, destination: V6.stranger }, response())))).toBe('ICMP_UNRELATED');
  });

  it('do not include redirects of IPv4, which are judged as openings', () => {
    expect(into4(icmpError('redirect', sent4))).toBe('POLICY');
    expect(stage.into(ipv4({ source: V4.friend, destination: V4.pod }, icmpError('redirect', sent4)))).toBe('POLICY');
  });

  it('do not include timestamps, masks and unknown types', () => {
    for (const type of [13, 14, 15, 16, 17, 18, 30, 255]) expect(into4(icmp(type)), `ICMP ${type}`).toBe('POLICY');
    for (const type of [0, 5, 100, 127, 138, 139, 140, 144, 200, 255]) expect(into6(icmp6(type)), `ICMPv6 ${type}`).toBe('POLICY');
  });

  it('may quote options, and the first fragment', () => {
    const options: Packet = ipv4({ source: V4.pod, destination: V4.friend, options: ipv4Padding(5) }, response());
    expect(into4(icmpError('unreachable', options))).toBe('pass');
    expect(
      into4(icmpError('fragmentation-needed', ipv4({ source: V4.pod, destination: V4.friend, moreFragments: true }, response()))),
    ).toBe('pass');
    expect(
      into6(icmp6Error('packet-too-big', ipv6({ source: V6.pod, destination: V6.friend }, fragmentHeader({ more: true }, response())))),
    ).toBe('pass');
  });

  it('that quote a later fragment are unrelated: it has no ports', () => {
    expect(into4(icmpError('time-exceeded', ipv4({ source: V4.pod, destination: V4.friend, fragmentOffset: 10 }, response())))).toBe(
      'ICMP_UNRELATED',
    );
    expect(
      into6(icmp6Error('time-exceeded', ipv6({ source: V6.pod, destination: V6.friend }, fragmentHeader({ offset: 10 }, response())))),
    ).toBe('ICMP_UNRELATED');
  });

  it('that quote what makes no sense are unrelated', () => {
    for (const wrong of [{ version: 6 }, { headerWords: 4 }])
      expect(into4(icmpError('unreachable', ipv4({ source: V4.pod, destination: V4.friend, ...wrong }, response()), 40))).toBe(
        'ICMP_UNRELATED',
      );
    expect(into6(icmp6Error('unreachable', ipv6({ source: V6.pod, destination: V6.friend, version: 4 }, response())))).toBe(
      'ICMP_UNRELATED',
    );
    expect(into4(icmp(3))).toBe('ICMP_UNRELATED');
    expect(into6(icmp6(1))).toBe('ICMP_UNRELATED');
  });

  it('that quote an error are unrelated', () => {
    expect(into4(icmpError('unreachable', ipv4({ source: V4.pod, destination: V4.friend }, icmpError('unreachable', sent4)), 28))).toBe(
      'ICMP_UNRELATED',
    );
    expect(into6(icmp6Error('unreachable', ipv6({ source: V6.pod, destination: V6.friend }, icmp6Error('unreachable', sent6))))).toBe(
      'ICMP_UNRELATED',
    );
  });

  it('that quote the other family are unrelated', () => {
    expect(into6(icmp6(1, 4, 0, sent4.bytes))).toBe('ICMP_UNRELATED');
    expect(into4(icmp(3, 3, 0, sent6.bytes))).toBe('ICMP_UNRELATED');
    expect(
      into6(icmp6Error('unreachable', ipv6({ source: mappedAddress(V4.pod), destination: mappedAddress(V4.friend) }, response()))),
    ).toBe('ICMP_UNRELATED');
  });

  it('of the other family are protocols without ports', () => {
    expect(stage.into(ipv6({ source: V6.stranger, destination: V6.pod }, icmpError('unreachable', sent6)))).toBe('POLICY');
    expect(stage.into(ipv4({ source: V4.stranger, destination: V4.pod }, icmp6Error('unreachable', sent4)))).toBe('POLICY');
  });

  it('behind extension headers are read', () => {
    expect(stage.into(ipv6({ source: V6.stranger, destination: V6.pod }, destinationOptions(icmp6Error('packet-too-big', sent6))))).toBe(
      'pass',
    );
    expect(into6(icmp6Error('packet-too-big', ipv6({ source: V6.pod, destination: V6.friend }, slice(response(), 0, 8))))).toBe('pass');
  });
});
