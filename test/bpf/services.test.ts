/** Services that after_nat judges: what from_pod leaves to it, what the kernel's conntrack says of backends, and rows of flows that were rewritten. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ethernet, type Segment } from '../support/builders/frames.ts';
import { service } from '../support/builders/services.ts';
import { sctp, udp } from '../support/builders/segments.ts';
import { needsKernel } from '../support/requires.ts';
import type { Seen } from './corpus/table.ts';
import { CLIENT, from, NO_ONE, PORTS, RULES, SCTP, see, ServiceStage, TCP, to, UDP } from './service-stage.ts';
import { FAMILIES, FRIEND } from './stage.ts';

describe.each(FAMILIES)('Services over $name', needsKernel, (family) => {
  let services: ServiceStage;
  beforeAll(() => {
    services = new ServiceStage(family);
  });
  afterAll(() => services.close());

  beforeEach(() => services.begin(RULES));

  it('a new connection passes, unjudged, with a row that is never current and explains no answer', () => {
    expect(services.sends(to(80, 'syn'))).toBe('pass');
    expect(services.stage.kernel.flow(services.ends(80))).toEqual({ generation: 0, openedBy: 'pod', node: false, rewritten: false });
    expect(services.gets(from(80, 'syn', 'ack'))).toBe('NO_EVIDENCE');
    expect(services.gets(from(80, 'ack'))).toBe('NO_EVIDENCE');
  });

  it('a row that after_nat has made current explains both directions', () => {
    services.sends(to(80, 'syn'));
    services.stage.kernel.allowRewritten(services.ends(80));
    expect([
      services.gets(from(80, 'syn', 'ack')),
      services.sends(to(80, 'ack')),
      services.gets(from(80, 'ack')),
      services.sends(to(80, 'fin', 'ack')),
    ]).toEqual(Array.from({ length: 4 }, () => 'pass'));
  });

  it('another connection by the same port is left to after_nat anew', () => {
    services.sends(to(80, 'syn'));
    services.stage.kernel.allowRewritten(services.ends(80));
    expect(services.sends(to(80, 'syn'))).toBe('pass');
    expect(services.stage.kernel.flow(services.ends(80))?.generation).toBe(0);
    expect(services.gets(from(80, 'syn', 'ack'))).toBe('NO_EVIDENCE');
  });

  it.each([
    { name: 'TCP', segment: to(80, 'syn'), port: 80, protocol: TCP },
    { name: 'UDP', segment: udp({ source: CLIENT, destination: 53 }), port: 53, protocol: UDP },
    { name: 'SCTP', segment: sctp({ source: CLIENT, destination: 80 }), port: 80, protocol: SCTP },
  ])('$name to a frontend, and only to its ports', ({ segment, port, protocol }) => {
    expect(services.sends(segment)).toBe('pass');
    expect(services.stage.kernel.flow(services.ends(port, protocol))?.generation).toBe(0);
    const beside = { tcp: to(81, 'syn'), udp: udp({ source: CLIENT, destination: 54 }), sctp: sctp({ source: CLIENT, destination: 81 }) };
    expect(Object.values(beside).map((one) => services.sends(one))).toEqual(['POLICY', 'POLICY', 'POLICY']);
  });

  it('echoes and protocols without ports are no frontends: the address itself is judged', () => {
    expect([services.sends(family.echo()), services.sends({ protocol: 47, bytes: () => new Uint8Array(8) })]).toEqual(['POLICY', 'POLICY']);
  });

  it('a datagram that came from a frontend unasked is dropped', () => {
    expect(services.gets(udp({ source: 53, destination: CLIENT }))).toBe('NO_EVIDENCE');
    expect(services.gets(sctp({ source: 80, destination: CLIENT, chunk: 'data' }))).toBe('NO_EVIDENCE');
  });

  it('an answer without a row is judged by the backend that the kernel names', () => {
    services.led(family.friend);
    expect(services.gets(from(80, 'syn', 'ack'))).toBe('ALLOWED');
    expect(services.stage.kernel.flow(services.ends(80))).toMatchObject({
      openedBy: 'pod',
      rewritten: true,
      generation: services.stage.kernel.generation,
    });
    expect(services.sends(to(80, 'ack'))).toBe('pass');
  });

  it('a backend that policy does not allow is denied by either direction, its port too', () => {
    services.led(family.stranger);
    expect([services.gets(from(80, 'syn', 'ack')), services.sends(to(80, 'ack'))]).toEqual(['POLICY', 'POLICY']);
    services.conntrack.flush();
    services.led(family.friend, 8081);
    expect([services.gets(from(80, 'syn', 'ack')), services.sends(to(80, 'ack'))]).toEqual(['POLICY', 'POLICY']);
    expect(services.stage.kernel.flows()).toBe(0);
  });

  it('the pod itself as backend is allowed', () => {
    services.sends(to(80, 'syn'));
    services.led(family.pod);
    expect([services.gets(from(80, 'syn', 'ack')), services.sends(to(80, 'ack'))]).toEqual(['ALLOWED', 'pass']);
  });

  it('an edit is judged by the backend that the flow has: cut where it is denied, current again where it is not', () => {
    services.sends(to(80, 'syn'));
    services.led(family.friend);
    services.stage.kernel.allowRewritten(services.ends(80));
    services.stage.edit({ ingress: [], egress: [{ to: [FRIEND], ports: [{ port: 8080 }] }] });
    expect(services.gets(from(80, 'ack'))).toBe('ALLOWED');
    expect(services.sends(to(80, 'ack'))).toBe('pass');
    expect(services.stage.kernel.flow(services.ends(80))).toMatchObject({
      rewritten: true,
      generation: services.stage.kernel.generation,
    });
    services.stage.edit(NO_ONE);
    expect([services.sends(to(80, 'ack')), services.gets(from(80, 'ack'))]).toEqual(['FLOW_CUT', 'FLOW_CUT']);
  });

  it('where the kernel has forgotten the flow, the pod goes on to after_nat, and its peer waits', () => {
    services.sends(to(80, 'syn'));
    services.stage.kernel.allowRewritten(services.ends(80));
    services.stage.edit({ ingress: [], egress: [{ to: [FRIEND], ports: [{ port: 8080 }] }] });
    expect(services.gets(from(80, 'ack'))).toBe('NO_EVIDENCE');
    expect(services.sends(to(80, 'ack'))).toBe('pass');
    expect(services.stage.kernel.flow(services.ends(80))?.generation).not.toBe(services.stage.kernel.generation);
    services.stage.kernel.allowRewritten(services.ends(80));
    expect(services.gets(from(80, 'ack'))).toBe('pass');
  });

  it('SCTP, of which the kernel cannot be asked, waits for the pod after an edit', () => {
    services.sends(sctp({ source: CLIENT, destination: 80 }));
    services.stage.kernel.allowRewritten(services.ends(80, SCTP));
    services.stage.edit({ ingress: [], egress: [{ to: [FRIEND], ports: [{ port: 8080, protocol: 'SCTP' }] }] });
    expect(services.gets(sctp({ source: 80, destination: CLIENT, chunk: 'data' }))).toBe('NO_EVIDENCE');
    expect(services.sends(sctp({ source: CLIENT, destination: 80, chunk: 'data' }))).toBe('pass');
  });

  it('an evicted flow is found again by the kernel entry', () => {
    services.sends(to(80, 'syn'));
    services.led(family.friend);
    services.stage.kernel.allowRewritten(services.ends(80));
    services.stage.kernel.evict();
    expect(services.gets(from(80, 'ack'))).toBe('ALLOWED');
    services.stage.kernel.evict();
    expect(services.sends(to(80, 'ack'))).toBe('ALLOWED');
  });

  it('a backend that is gone takes the rows that led to it along at the sweep', () => {
    const question = udp({ source: CLIENT, destination: 53 });
    services.sends(question);
    services.stage.kernel.allowRewritten(services.ends(53, UDP));
    services.stage.kernel.tell([{ type: 'delete', kind: 'Pod', key: 'shop/friend' }]);
    services.stage.kernel.sweep();
    expect(services.stage.kernel.flow(services.ends(53, UDP))).toMatchObject({ generation: 0, rewritten: true });
    expect(services.gets(udp({ source: 53, destination: CLIENT }))).toBe('NO_EVIDENCE');
  });

  it('a Service that is gone leaves an address like any other', () => {
    services.sends(to(80, 'syn'));
    services.stage.kernel.allowRewritten(services.ends(80));
    services.stage.kernel.delete(service('shop/api', { addresses: [family.service], ports: PORTS }));
    expect(services.sends(to(80, 'syn'))).toBe('POLICY');
    services.stage.edit({ ingress: [], egress: [{ to: [FRIEND], ports: [{ port: 8080 }] }] });
    expect([services.sends(to(80, 'ack')), services.gets(from(80, 'ack'))]).toEqual(['FLOW_CUT', 'FLOW_CUT']);
  });

  it('errors about it are judged as its packets are', () => {
    const about = family.packet(family.pod, family.service, to(80, 'syn'));
    const told = (): Seen => services.gets(family.unreachable(about), family.stranger);
    expect(told()).toBe('ICMP_UNRELATED');
    services.sends(to(80, 'syn'));
    expect(told()).toBe('ICMP_UNRELATED');
    services.stage.kernel.allowRewritten(services.ends(80));
    expect(told()).toBe('pass');
    services.stage.kernel.evict();
    services.led(family.friend);
    expect(told()).toBe('ALLOWED');
    services.conntrack.flush();
    services.led(family.stranger);
    expect(told()).toBe('ICMP_UNRELATED');
  });

  it("of a pod that is not isolated for egress are nobody's business", () => {
    services.begin({ ingress: [] });
    expect([services.sends(to(80, 'syn')), services.gets(from(80, 'syn', 'ack'))]).toEqual(['ALLOWED', 'pass']);
  });

  it('a port whose earlier connection went to a backend that is denied now opens anew', () => {
    services.led(family.stranger);
    expect(services.sends(to(80, 'ack'))).toBe('POLICY');
    expect(services.sends(to(80, 'syn'))).toBe('pass');
    // The kernel has forgotten it: the next backend is chosen for this SYN.
    expect(services.gets(from(80, 'syn', 'ack'))).toBe('NO_EVIDENCE');
    services.led(family.friend);
    expect(services.gets(from(80, 'syn', 'ack'))).toBe('ALLOWED');
  });

  it('a port whose earlier connection went to a backend that is still allowed stays with it', () => {
    services.led(family.friend);
    expect(services.sends(to(80, 'syn'))).toBe('pass');
    expect(services.gets(from(80, 'syn', 'ack'))).toBe('ALLOWED');
  });

  it('an IPv4 link-local source does not reach a frontend that has a link-local address', () => {
    if (family.name === 'IPv6') return;
    services.stage.kernel.upsert(service('shop/metadata', { addresses: ['169.254.20.10'], ports: PORTS }));
    const sent = (segment: Segment): Seen =>
      see(services.stage.kernel.run('egress', ethernet({}, family.packet(family.linkLocal, '169.254.20.10', segment))));
    expect(sent(to(80, 'syn'))).toBe('SPOOFED_SOURCE');
    expect(sent(to(81, 'syn'))).toBe('POLICY');
    expect(services.sends(to(80, 'syn'), '169.254.20.10')).toBe('pass');
  });

  it('a pod that is held reaches none of them', () => {
    services.stage.kernel.bind('shop/unheard-of');
    expect(services.sends(to(80, 'syn'))).not.toBe('pass');
  });

  it('the address of the node itself is allowed, and a backend behind it is judged once the kernel has led there', () => {
    expect(services.sends(to(30080, 'syn'), family.node)).toBe('NODE');
    services.stage.kernel.evict();
    const nodePort = { protocol: TCP, from: { address: family.pod, port: CLIENT }, to: { address: family.node, port: 30080 } };
    services.conntrack.add({ ...nodePort, answeredBy: { address: family.stranger, port: 8080 } });
    expect([services.sends(to(30080, 'ack'), family.node), services.gets(from(30080, 'ack'), family.node)]).toEqual(['POLICY', 'POLICY']);
    services.conntrack.flush();
    services.conntrack.add({ ...nodePort, answeredBy: { address: family.friend, port: 8080 } });
    expect(services.gets(from(30080, 'ack'), family.node)).toBe('ALLOWED');
    expect(services.sends(to(30080, 'ack'), family.node)).toBe('pass');
  });
});
