/** Services on kernels without netfilter programs: judged at from_pod, by all of their endpoints. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sctp, udp } from '../support/builders/segments.ts';
import { needsKernel } from '../support/requires.ts';
import { CLIENT, from, NO_ONE, RULES, ServiceStage, to } from './service-stage.ts';
import { FAMILIES, FRIEND } from './stage.ts';

describe.each(FAMILIES)('Services by all of their endpoints, over $name', needsKernel, (family) => {
  let services: ServiceStage;
  beforeAll(() => {
    services = new ServiceStage(family);
  });
  afterAll(() => services.close());

  it('are allowed where every endpoint is', () => {
    services.begin(RULES, 'endpoints');
    expect(services.sends(to(80, 'syn'))).toBe('ALLOWED');
    expect(services.stage.kernel.flow(services.ends(80))).toMatchObject({
      rewritten: true,
      generation: services.stage.kernel.generation,
    });
    expect(services.gets(from(80, 'syn', 'ack'))).toBe('pass');
    expect(services.sends(udp({ source: CLIENT, destination: 53 }))).toBe('ALLOWED');
  });

  it.each([
    { name: 'one of them is denied', backends: [family.friend, family.stranger] },
    { name: 'all are denied', backends: [family.neighbour] },
    { name: 'there are none', backends: [] },
  ])('are dropped with a reason of their own where $name', ({ backends }) => {
    services.begin(RULES, 'endpoints', backends);
    expect(services.sends(to(80, 'syn'))).toBe('FRONTEND');
    expect(services.sends(udp({ source: CLIENT, destination: 53 }))).toBe('FRONTEND');
    expect(services.sends(sctp({ source: CLIENT, destination: 80 }))).toBe('FRONTEND');
    expect(services.stage.kernel.flows()).toBe(0);
  });

  it('are dropped where the port of the endpoints is denied, though that of the Service is allowed', () => {
    services.begin({ ingress: [], egress: [{ to: [FRIEND], ports: [{ port: 80 }, { port: 53, protocol: 'UDP' }] }] }, 'endpoints');
    expect([services.sends(to(80, 'syn')), services.sends(udp({ source: CLIENT, destination: 53 }))]).toEqual(['FRONTEND', 'FRONTEND']);
  });

  it('are judged again when policy or endpoints change', () => {
    services.begin(RULES, 'endpoints');
    expect(services.sends(udp({ source: CLIENT, destination: 53 }))).toBe('ALLOWED');
    services.leadTo([family.friend, family.stranger]);
    expect(services.sends(to(80, 'syn'))).toBe('FRONTEND');
    services.stage.edit(NO_ONE);
    expect(services.sends(udp({ source: CLIENT, destination: 53 }))).toBe('FRONTEND');
    expect(services.gets(udp({ source: 53, destination: CLIENT }))).toBe('NO_EVIDENCE');
  });

  it("of the node's ports follow the same rule, and its other ports are the node's", () => {
    services.begin(RULES, 'endpoints');
    expect(services.sends(to(30080, 'syn'), family.node)).toBe('ALLOWED');
    services.begin(RULES, 'endpoints', [family.friend, family.stranger]);
    expect(services.sends(to(30080, 'syn'), family.node)).toBe('FRONTEND');
    expect(services.sends(to(10250, 'syn'), family.node)).toBe('NODE');
    expect(services.sends(to(30080, 'syn'), family.otherNode)).toBe('POLICY');
  });

  it('every datagram is judged anew: nobody sees which backend gets it', () => {
    services.begin(RULES, 'endpoints');
    const question = udp({ source: CLIENT, destination: 53 });
    expect([services.sends(question), services.sends(question)]).toEqual(['ALLOWED', 'ALLOWED']);
    services.leadTo([family.stranger]);
    expect(services.sends(question)).not.toBe('pass');
  });

  it('where the kernel names the backend, that one is judged', () => {
    services.begin(RULES, 'endpoints', [family.friend, family.stranger]);
    services.led(family.friend);
    expect(services.sends(to(80, 'ack'))).toBe('ALLOWED');
    services.stage.kernel.evict();
    services.conntrack.flush();
    services.led(family.stranger);
    expect(services.sends(to(80, 'ack'))).toBe('POLICY');
  });
});
