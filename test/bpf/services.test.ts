/** Services, packet by packet: what from_pod leaves to after_nat, what the kernel's conntrack says of backends and clients, and rows of flows that were rewritten. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/model/ip.ts';
import { endpointSlice, service, type ServicePortOptions } from '../support/builders/services.ts';
import { ethernet, type Segment } from '../support/builders/frames.ts';
import { sctp, tcp, udp, type TcpFlag } from '../support/builders/segments.ts';
import type { FlowEnds } from '../support/flow-rows.ts';
import { KernelConntrack } from '../support/kernel-conntrack.ts';
import type { RunOptions } from '../support/kernel-harness.ts';
import { needsKernel } from '../support/requires.ts';
import { PASSING, type Seen } from './corpus/table.ts';
import { FAMILIES, FRIEND, Stage, type Rules } from './stage.ts';

const CLIENT = 40000;
const [TCP, UDP, SCTP] = [6, 17, 132];
const PORTS: readonly ServicePortOptions[] = [
  { protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 30080 },
  { protocol: 'UDP', port: 53, targetPort: 5353, nodePort: 30053 },
  { protocol: 'SCTP', port: 80, targetPort: 8080 },
];
/** The backend's ports, as policy means them. */
const BACKEND = [{ port: 8080 }, { port: 5353, protocol: 'UDP' }, { port: 8080, protocol: 'SCTP' }];
const RULES: Rules = { ingress: [], egress: [{ to: [FRIEND], ports: BACKEND }] };
const NO_ONE: Rules = { ingress: [], egress: [] };

const to = (port: number, ...flags: TcpFlag[]): Segment => tcp({ source: CLIENT, destination: port, flags });
const from = (port: number, ...flags: TcpFlag[]): Segment => tcp({ source: port, destination: CLIENT, flags });

describe.each(FAMILIES)('Services over $name', needsKernel, (family) => {
  let conntrack: KernelConntrack;
  let stage: Stage;
  beforeAll(() => {
    // First: the namespace in which the programs run, and look flows up, is that of the thread.
    conntrack = new KernelConntrack();
    stage = new Stage();
  });
  afterAll(() => {
    stage.close();
    conntrack.close();
  });

  const begin = (rules: Rules, services: 'after-nat' | 'endpoints' = 'after-nat', backends: readonly string[] = [family.friend]): void => {
    conntrack.flush();
    stage.set(rules, { services });
    stage.kernel.upsert(
      service('shop/api', { addresses: [family.service], ports: PORTS }),
      endpointSlice('shop/api', backends, PORTS, family.name === 'IPv4' ? 4 : 6),
    );
  };
  const sends = (segment: Segment, peer = family.service): Seen => see(stage.kernel.run('egress', frameOf(peer, segment, 'out')));
  const gets = (segment: Segment, peer = family.service, options?: RunOptions): Seen =>
    see(stage.kernel.run('ingress', frameOf(peer, segment, 'in'), options));
  const frameOf = (peer: string, segment: Segment, way: 'in' | 'out'): Uint8Array =>
    ethernet({}, way === 'out' ? family.packet(family.pod, peer, segment) : family.packet(peer, family.pod, segment));
  const ends = (remotePort: number, protocol = TCP, peer = family.service): FlowEnds => ({
    remote: parseAddress(peer),
    protocol,
    localPort: CLIENT,
    remotePort,
  });
  /** kube-proxy led the pod's flow to this backend. */
  const leads = (address: string, port = 8080, protocol = TCP, asked = 80): void =>
    conntrack.add({
      protocol,
      from: { address: family.pod, port: CLIENT },
      to: { address: family.service, port: asked },
      answeredBy: { address, port },
    });

  describe('that after_nat judges:', () => {
    beforeEach(() => begin(RULES));

    it('a new connection passes, unjudged, with a row that is never current and explains no answer', () => {
      expect(sends(to(80, 'syn'))).toBe('pass');
      expect(stage.kernel.flow(ends(80))).toEqual({ generation: 0, openedBy: 'pod', node: false, rewritten: false });
      expect(gets(from(80, 'syn', 'ack'))).toBe('NO_EVIDENCE');
      expect(gets(from(80, 'ack'))).toBe('NO_EVIDENCE');
    });

    it('a row that after_nat has made current explains both directions', () => {
      sends(to(80, 'syn'));
      stage.kernel.allowRewritten(ends(80));
      expect([gets(from(80, 'syn', 'ack')), sends(to(80, 'ack')), gets(from(80, 'ack')), sends(to(80, 'fin', 'ack'))]).toEqual(
        Array.from({ length: 4 }, () => 'pass'),
      );
    });

    it('another connection by the same port is left to after_nat anew', () => {
      sends(to(80, 'syn'));
      stage.kernel.allowRewritten(ends(80));
      expect(sends(to(80, 'syn'))).toBe('pass');
      expect(stage.kernel.flow(ends(80))?.generation).toBe(0);
      expect(gets(from(80, 'syn', 'ack'))).toBe('NO_EVIDENCE');
    });

    it.each([
      { name: 'TCP', segment: to(80, 'syn'), port: 80, protocol: TCP },
      { name: 'UDP', segment: udp({ source: CLIENT, destination: 53 }), port: 53, protocol: UDP },
      { name: 'SCTP', segment: sctp({ source: CLIENT, destination: 80 }), port: 80, protocol: SCTP },
    ])('$name to a frontend, and only to its ports', ({ segment, port, protocol }) => {
      expect(sends(segment)).toBe('pass');
      expect(stage.kernel.flow(ends(port, protocol))?.generation).toBe(0);
      const beside = { tcp: to(81, 'syn'), udp: udp({ source: CLIENT, destination: 54 }), sctp: sctp({ source: CLIENT, destination: 81 }) };
      expect(Object.values(beside).map((one) => sends(one))).toEqual(['POLICY', 'POLICY', 'POLICY']);
    });

    it('echoes and protocols without ports are no frontends: the address itself is judged', () => {
      expect([sends(family.echo()), sends({ protocol: 47, bytes: () => new Uint8Array(8) })]).toEqual(['POLICY', 'POLICY']);
    });

    it('a datagram that came from a frontend unasked is dropped', () => {
      expect(gets(udp({ source: 53, destination: CLIENT }))).toBe('NO_EVIDENCE');
      expect(gets(sctp({ source: 80, destination: CLIENT, chunk: 'data' }))).toBe('NO_EVIDENCE');
    });

    it('an answer without a row is judged by the backend that the kernel names', () => {
      leads(family.friend);
      expect(gets(from(80, 'syn', 'ack'))).toBe('ALLOWED');
      expect(stage.kernel.flow(ends(80))).toMatchObject({ openedBy: 'pod', rewritten: true, generation: stage.kernel.generation });
      expect(sends(to(80, 'ack'))).toBe('pass');
    });

    it('a backend that policy does not allow is denied by either direction, its port too', () => {
      leads(family.stranger);
      expect([gets(from(80, 'syn', 'ack')), sends(to(80, 'ack'))]).toEqual(['POLICY', 'POLICY']);
      conntrack.flush();
      leads(family.friend, 8081);
      expect([gets(from(80, 'syn', 'ack')), sends(to(80, 'ack'))]).toEqual(['POLICY', 'POLICY']);
      expect(stage.kernel.flows()).toBe(0);
    });

    it('the pod itself as backend is allowed', () => {
      sends(to(80, 'syn'));
      leads(family.pod);
      expect([gets(from(80, 'syn', 'ack')), sends(to(80, 'ack'))]).toEqual(['ALLOWED', 'pass']);
    });

    it('an edit is judged by the backend that the flow has: cut where it is denied, current again where it is not', () => {
      sends(to(80, 'syn'));
      leads(family.friend);
      stage.kernel.allowRewritten(ends(80));
      stage.edit({ ingress: [], egress: [{ to: [FRIEND], ports: [{ port: 8080 }] }] });
      expect(gets(from(80, 'ack'))).toBe('ALLOWED');
      expect(sends(to(80, 'ack'))).toBe('pass');
      expect(stage.kernel.flow(ends(80))).toMatchObject({ rewritten: true, generation: stage.kernel.generation });
      stage.edit(NO_ONE);
      expect([sends(to(80, 'ack')), gets(from(80, 'ack'))]).toEqual(['FLOW_CUT', 'FLOW_CUT']);
    });

    it('where the kernel has forgotten the flow, the pod goes on to after_nat, and its peer waits', () => {
      sends(to(80, 'syn'));
      stage.kernel.allowRewritten(ends(80));
      stage.edit({ ingress: [], egress: [{ to: [FRIEND], ports: [{ port: 8080 }] }] });
      expect(gets(from(80, 'ack'))).toBe('NO_EVIDENCE');
      expect(sends(to(80, 'ack'))).toBe('pass');
      expect(stage.kernel.flow(ends(80))?.generation).not.toBe(stage.kernel.generation);
      stage.kernel.allowRewritten(ends(80));
      expect(gets(from(80, 'ack'))).toBe('pass');
    });

    it('SCTP, of which the kernel cannot be asked, waits for the pod after an edit', () => {
      sends(sctp({ source: CLIENT, destination: 80 }));
      stage.kernel.allowRewritten(ends(80, SCTP));
      stage.edit({ ingress: [], egress: [{ to: [FRIEND], ports: [{ port: 8080, protocol: 'SCTP' }] }] });
      expect(gets(sctp({ source: 80, destination: CLIENT, chunk: 'data' }))).toBe('NO_EVIDENCE');
      expect(sends(sctp({ source: CLIENT, destination: 80, chunk: 'data' }))).toBe('pass');
    });

    it('an evicted flow is found again by the kernel entry', () => {
      sends(to(80, 'syn'));
      leads(family.friend);
      stage.kernel.allowRewritten(ends(80));
      stage.kernel.evict();
      expect(gets(from(80, 'ack'))).toBe('ALLOWED');
      stage.kernel.evict();
      expect(sends(to(80, 'ack'))).toBe('ALLOWED');
    });

    it('a Service that is gone leaves an address like any other', () => {
      sends(to(80, 'syn'));
      stage.kernel.allowRewritten(ends(80));
      stage.kernel.delete(service('shop/api', { addresses: [family.service], ports: PORTS }));
      expect(sends(to(80, 'syn'))).toBe('POLICY');
      stage.edit({ ingress: [], egress: [{ to: [FRIEND], ports: [{ port: 8080 }] }] });
      expect([sends(to(80, 'ack')), gets(from(80, 'ack'))]).toEqual(['FLOW_CUT', 'FLOW_CUT']);
    });

    it('errors about it are judged as its packets are', () => {
      const about = family.packet(family.pod, family.service, to(80, 'syn'));
      const told = (): Seen => gets(family.unreachable(about), family.stranger);
      expect(told()).toBe('ICMP_UNRELATED');
      sends(to(80, 'syn'));
      expect(told()).toBe('ICMP_UNRELATED');
      stage.kernel.allowRewritten(ends(80));
      expect(told()).toBe('pass');
      stage.kernel.evict();
      leads(family.friend);
      expect(told()).toBe('ALLOWED');
      conntrack.flush();
      leads(family.stranger);
      expect(told()).toBe('ICMP_UNRELATED');
    });

    it("of a pod that is not isolated for egress are nobody's business", () => {
      begin({ ingress: [] });
      expect([sends(to(80, 'syn')), gets(from(80, 'syn', 'ack'))]).toEqual(['ALLOWED', 'pass']);
    });

    it('a pod that is held reaches none of them', () => {
      stage.kernel.bind('shop/unheard-of');
      expect(sends(to(80, 'syn'))).not.toBe('pass');
    });

    it('the address of the node itself is allowed, and a backend behind it is judged once the kernel has led there', () => {
      expect(sends(to(30080, 'syn'), family.node)).toBe('NODE');
      stage.kernel.evict();
      const nodePort = { protocol: TCP, from: { address: family.pod, port: CLIENT }, to: { address: family.node, port: 30080 } };
      conntrack.add({ ...nodePort, answeredBy: { address: family.stranger, port: 8080 } });
      expect([sends(to(30080, 'ack'), family.node), gets(from(30080, 'ack'), family.node)]).toEqual(['POLICY', 'POLICY']);
      conntrack.flush();
      conntrack.add({ ...nodePort, answeredBy: { address: family.friend, port: 8080 } });
      expect(gets(from(30080, 'ack'), family.node)).toBe('ALLOWED');
      expect(sends(to(30080, 'ack'), family.node)).toBe('pass');
    });
  });

  describe('that are judged by all of their endpoints:', () => {
    it('are allowed where every endpoint is', () => {
      begin(RULES, 'endpoints');
      expect(sends(to(80, 'syn'))).toBe('ALLOWED');
      expect(stage.kernel.flow(ends(80))).toMatchObject({ rewritten: true, generation: stage.kernel.generation });
      expect(gets(from(80, 'syn', 'ack'))).toBe('pass');
      expect(sends(udp({ source: CLIENT, destination: 53 }))).toBe('ALLOWED');
    });

    it.each([
      { name: 'one of them is denied', backends: [family.friend, family.stranger] },
      { name: 'all are denied', backends: [family.neighbour] },
      { name: 'there are none', backends: [] },
    ])('are dropped with a reason of their own where $name', ({ backends }) => {
      begin(RULES, 'endpoints', backends);
      expect(sends(to(80, 'syn'))).toBe('FRONTEND');
      expect(sends(udp({ source: CLIENT, destination: 53 }))).toBe('FRONTEND');
      expect(sends(sctp({ source: CLIENT, destination: 80 }))).toBe('FRONTEND');
      expect(stage.kernel.flows()).toBe(0);
    });

    it('are dropped where the port of the endpoints is denied, though that of the Service is allowed', () => {
      begin({ ingress: [], egress: [{ to: [FRIEND], ports: [{ port: 80 }, { port: 53, protocol: 'UDP' }] }] }, 'endpoints');
      expect([sends(to(80, 'syn')), sends(udp({ source: CLIENT, destination: 53 }))]).toEqual(['FRONTEND', 'FRONTEND']);
    });

    it('are judged again when policy or endpoints change', () => {
      begin(RULES, 'endpoints');
      expect(sends(udp({ source: CLIENT, destination: 53 }))).toBe('ALLOWED');
      stage.kernel.upsert(endpointSlice('shop/api', [family.friend, family.stranger], PORTS, family.name === 'IPv4' ? 4 : 6));
      expect(sends(to(80, 'syn'))).toBe('FRONTEND');
      stage.edit(NO_ONE);
      expect(sends(udp({ source: CLIENT, destination: 53 }))).toBe('FRONTEND');
      expect(gets(udp({ source: 53, destination: CLIENT }))).toBe('NO_EVIDENCE');
    });

    it("of the node's ports follow the same rule, and its other ports are the node's", () => {
      begin(RULES, 'endpoints');
      expect(sends(to(30080, 'syn'), family.node)).toBe('ALLOWED');
      begin(RULES, 'endpoints', [family.friend, family.stranger]);
      expect(sends(to(30080, 'syn'), family.node)).toBe('FRONTEND');
      expect(sends(to(10250, 'syn'), family.node)).toBe('NODE');
      expect(sends(to(30080, 'syn'), family.otherNode)).toBe('POLICY');
    });

    it('where the kernel names the backend, that one is judged', () => {
      begin(RULES, 'endpoints', [family.friend, family.stranger]);
      leads(family.friend);
      expect(sends(to(80, 'ack'))).toBe('ALLOWED');
      stage.kernel.evict();
      conntrack.flush();
      leads(family.stranger);
      expect(sends(to(80, 'ack'))).toBe('POLICY');
    });
  });
});

function see({ passed, reason }: { passed: boolean; reason: Seen | undefined }): Seen {
  const seen = reason ?? 'pass';
  expect(passed, seen).toBe(PASSING.has(seen));
  return seen;
}
