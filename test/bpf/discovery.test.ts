/** IPv6 discovery and multicast membership, by direction, hop limit and what is said. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  igmp,
  mld1,
  mldReport,
  neighbourAdvertisement,
  neighbourSolicitation,
  redirect,
  routerAdvertisement,
  routerSolicitation,
  solicitedNode,
} from '../support/builders/discovery.ts';
import { destinationOptions, fragmentHeader } from '../support/builders/extension-headers.ts';
import { ipv4, ipv6, ROUTER_ALERT_V4, slice, type Packet, type Segment } from '../support/builders/frames.ts';
import { icmp6 } from '../support/builders/segments.ts';
import { needsKernel } from '../support/requires.ts';
import { GATEWAY_LINK_LOCAL, Stage, V4, V6, type Fate } from './stage.ts';

const ALL_NODES = 'ff02::1';
const ALL_ROUTERS = 'ff02::2';
const POD_LINK_LOCAL = 'fe80::2';

const from = (source: string, destination: string, segment: Segment, hopLimit?: number): Packet =>
  ipv6({ source, destination, ...(hopLimit === undefined ? {} : { hopLimit }) }, segment);

const SENT: readonly { readonly what: string; readonly packet: Packet; readonly fate: Fate }[] = [
  { what: 'a router solicitation', packet: from(POD_LINK_LOCAL, ALL_ROUTERS, routerSolicitation()), fate: 'pass' },
  { what: 'a router solicitation from no address', packet: from('::', ALL_ROUTERS, routerSolicitation()), fate: 'pass' },
  {
    what: 'a solicitation of the gateway',
    packet: from(V6.pod, solicitedNode(V6.gateway), neighbourSolicitation(V6.gateway)),
    fate: 'pass',
  },
  {
    what: 'a check of its own address for doubles',
    packet: from('::', solicitedNode(V6.pod), neighbourSolicitation(V6.pod)),
    fate: 'pass',
  },
  {
    what: 'a solicitation from another address',
    packet: from(V6.neighbour, solicitedNode(V6.gateway), neighbourSolicitation(V6.gateway)),
    fate: 'SPOOFED_SOURCE',
  },
  { what: 'an advertisement of its own address', packet: from(V6.pod, V6.gateway, neighbourAdvertisement(V6.pod)), fate: 'pass' },
  {
    what: 'an advertisement of its link-local address',
    packet: from(POD_LINK_LOCAL, ALL_NODES, neighbourAdvertisement(POD_LINK_LOCAL)),
    fate: 'pass',
  },
  { what: 'an advertisement of a neighbour', packet: from(V6.pod, ALL_NODES, neighbourAdvertisement(V6.neighbour)), fate: 'DISCOVERY' },
  { what: 'an advertisement of the gateway', packet: from(V6.pod, ALL_NODES, neighbourAdvertisement(V6.gateway)), fate: 'DISCOVERY' },
  {
    what: "an advertisement of the gateway's link-local address",
    packet: from(POD_LINK_LOCAL, ALL_NODES, neighbourAdvertisement(GATEWAY_LINK_LOCAL)),
    fate: 'DISCOVERY',
  },
  {
    what: 'an advertisement of a stranger',
    packet: from(POD_LINK_LOCAL, ALL_NODES, neighbourAdvertisement(V6.stranger)),
    fate: 'DISCOVERY',
  },
  { what: 'an advertisement without a target', packet: from(V6.pod, ALL_NODES, { ...icmp6(136, 0, 0), hopLimit: 255 }), fate: 'DISCOVERY' },
  { what: 'a router advertisement', packet: from(POD_LINK_LOCAL, ALL_NODES, routerAdvertisement()), fate: 'DISCOVERY' },
  {
    what: 'a router advertisement behind an extension header',
    packet: from(POD_LINK_LOCAL, ALL_NODES, destinationOptions(routerAdvertisement()), 255),
    fate: 'DISCOVERY',
  },
  {
    what: 'a router advertisement in a fragment',
    packet: from(POD_LINK_LOCAL, ALL_NODES, fragmentHeader({ more: true }, slice(routerAdvertisement(), 0, 16)), 255),
    fate: 'DISCOVERY',
  },
  { what: 'a redirect', packet: from(POD_LINK_LOCAL, V6.neighbour, redirect(POD_LINK_LOCAL, V6.stranger)), fate: 'DISCOVERY' },
  {
    what: 'a solicitation that could be routed',
    packet: from(V6.pod, V6.gateway, neighbourSolicitation(V6.gateway), 64),
    fate: 'DISCOVERY',
  },
];

const RECEIVED: readonly { readonly what: string; readonly packet: Packet; readonly fate: Fate }[] = [
  { what: 'a router advertisement', packet: from(GATEWAY_LINK_LOCAL, ALL_NODES, routerAdvertisement()), fate: 'pass' },
  { what: 'a redirect', packet: from(GATEWAY_LINK_LOCAL, V6.pod, redirect(GATEWAY_LINK_LOCAL, V6.stranger)), fate: 'pass' },
  { what: 'a neighbour solicitation', packet: from(V6.gateway, solicitedNode(V6.pod), neighbourSolicitation(V6.pod)), fate: 'pass' },
  { what: 'a neighbour advertisement', packet: from(V6.gateway, V6.pod, neighbourAdvertisement(V6.gateway)), fate: 'pass' },
  { what: 'a router solicitation', packet: from(GATEWAY_LINK_LOCAL, ALL_ROUTERS, routerSolicitation()), fate: 'DISCOVERY' },
  { what: 'a router advertisement that was routed', packet: from(V6.stranger, V6.pod, routerAdvertisement(), 64), fate: 'DISCOVERY' },
  {
    what: 'a neighbour solicitation with hop limit 254',
    packet: from(V6.stranger, V6.pod, neighbourSolicitation(V6.pod), 254),
    fate: 'DISCOVERY',
  },
  {
    what: 'a neighbour advertisement that was routed',
    packet: from(V6.stranger, V6.pod, neighbourAdvertisement(V6.stranger), 1),
    fate: 'DISCOVERY',
  },
  { what: 'a redirect that was routed', packet: from(V6.stranger, V6.pod, redirect(V6.stranger, V6.friend), 64), fate: 'DISCOVERY' },
];

describe('IPv6 discovery', needsKernel, () => {
  let stage: Stage;
  beforeAll(() => {
    stage = new Stage();
  });
  afterAll(() => stage.close());

  describe.each([
    { name: 'a pod isolated both ways', rules: { ingress: [], egress: [] } },
    { name: 'a pod isolated for egress', rules: { egress: [] } },
    { name: 'a pod that no policy selects', rules: {} },
  ])('out of $name', ({ rules }) => {
    beforeAll(() => stage.set(rules));
    it.each(SENT)('$what: $fate', ({ packet, fate }) => expect(stage.out(packet)).toBe(fate));
  });

  describe('into an isolated pod', () => {
    beforeAll(() => stage.set({ ingress: [], egress: [] }));
    it.each(RECEIVED)('$what: $fate', ({ packet, fate }) => expect(stage.into(packet)).toBe(fate));

    it.each([133, 134, 135, 136, 137])('ICMPv6 type %i over IPv4 is no discovery', (type) => {
      const body = { ...icmp6(type, 0, 0, new Uint8Array(16)), hopLimit: 255 };
      expect(stage.into(ipv4({ source: V4.stranger, destination: V4.pod }, body))).toBe('POLICY');
      expect(stage.out(ipv4({ source: V4.pod, destination: V4.stranger }, body))).toBe('POLICY');
    });
  });

  it('into a pod that ingress policy does not select: everything', () => {
    stage.set({ egress: [] });
    for (const { packet } of RECEIVED) expect(stage.into(packet)).toBe('pass');
  });

  it('without policies in the cluster: everything', () => {
    stage.set({}, { policies: false });
    for (const { packet } of [...SENT, ...RECEIVED]) expect([stage.into(packet), stage.out(packet)]).toEqual(['pass', 'pass']);
  });
});

const REPORTS: readonly { readonly what: string; readonly packet: Packet }[] = [
  { what: 'an IGMP report', packet: ipv4({ source: V4.pod, destination: V4.group, options: ROUTER_ALERT_V4 }, igmp(0x16)) },
  { what: 'an IGMP leave', packet: ipv4({ source: V4.pod, destination: '224.0.0.2' }, igmp(0x17)) },
  { what: 'an IGMP report from no address', packet: ipv4({ source: '0.0.0.0', destination: V4.group }, igmp(0x16)) },
  { what: 'an MLD 2 report', packet: from(POD_LINK_LOCAL, 'ff02::16', mldReport()) },
  { what: 'an MLD 2 report from no address', packet: from('::', 'ff02::16', mldReport()) },
  { what: 'an MLD 1 report', packet: from(POD_LINK_LOCAL, V6.group, mld1(131, V6.group)) },
  { what: 'an MLD 1 done', packet: from(POD_LINK_LOCAL, ALL_ROUTERS, mld1(132, V6.group)) },
];

const QUERIES: readonly { readonly what: string; readonly packet: Packet }[] = [
  { what: 'an IGMP query', packet: ipv4({ source: V4.gateway, destination: '224.0.0.1', options: ROUTER_ALERT_V4 }, igmp(0x11)) },
  { what: 'an MLD query', packet: from(GATEWAY_LINK_LOCAL, ALL_NODES, mld1(130)) },
];

describe('membership', needsKernel, () => {
  let stage: Stage;
  beforeAll(() => {
    stage = new Stage();
    stage.set({ ingress: [], egress: [] });
  });
  afterAll(() => stage.close());

  it.each(REPORTS)('$what leaves an isolated pod', ({ packet }) => expect(stage.out(packet)).toBe('pass'));
  it.each(QUERIES)('$what reaches an isolated pod', ({ packet }) => expect(stage.into(packet)).toBe('pass'));

  it('told to one host, it is a packet like any other', () => {
    expect(stage.out(ipv4({ source: V4.pod, destination: V4.stranger }, igmp(0x16)))).toBe('POLICY');
    expect(stage.into(ipv4({ source: V4.stranger, destination: V4.pod }, igmp(0x16)))).toBe('POLICY');
    expect(stage.out(from(V6.pod, V6.stranger, mldReport()))).toBe('POLICY');
    expect(stage.into(from(V6.stranger, V6.pod, mld1(130)))).toBe('POLICY');
  });

  it('is not taken from the other family', () => {
    expect(stage.out(from(V6.pod, V6.group, igmp(0x16)))).toBe('POLICY');
    expect(stage.out(ipv4({ source: V4.pod, destination: V4.group }, icmp6(131, 0, 0, new Uint8Array(16))))).toBe('POLICY');
  });

  it("has the pod's own source", () => {
    expect(stage.out(ipv4({ source: V4.neighbour, destination: V4.group }, igmp(0x16)))).toBe('SPOOFED_SOURCE');
    expect(stage.out(from(V6.neighbour, 'ff02::16', mldReport()))).toBe('SPOOFED_SOURCE');
  });
});
