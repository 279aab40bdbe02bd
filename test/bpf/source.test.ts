/** The source check: every local pod's packets carry its own addresses, once the cluster has a policy. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALLOW_SPOOFING } from '../../src/compiler/compiler-options.ts';
import { ipv6, mappedAddress, type Segment } from '../support/builders/frames.ts';
import { pod } from '../support/builders/objects.ts';
import { sctp, tcp, udp } from '../support/builders/segments.ts';
import { needsKernel } from '../support/requires.ts';
import { FAMILIES, Stage, V4, V6 } from './stage.ts';

const PORTS = { source: 40000, destination: 80 };

const PODS = [
  { name: 'a pod that no policy selects', rules: {} },
  { name: 'a pod whose egress is open', rules: { ingress: [] } },
  { name: 'a pod that may reach anyone', rules: { ingress: [], egress: [{}] } },
] as const;

describe.each(FAMILIES)('the source of $name packets', needsKernel, (family) => {
  let stage: Stage;
  beforeAll(() => {
    stage = new Stage();
  });
  afterAll(() => stage.close());

  const segments: readonly { readonly name: string; readonly segment: Segment }[] = [
    { name: 'SYN', segment: tcp(PORTS) },
    { name: 'ACK', segment: tcp({ ...PORTS, flags: ['ack'] }) },
    { name: 'UDP', segment: udp(PORTS) },
    { name: 'SCTP', segment: sctp(PORTS) },
    { name: 'echo', segment: family.echo() },
  ];

  describe.each(PODS)('of $name', ({ rules }) => {
    beforeAll(() => stage.set(rules));

    it.each(segments)('$name passes from its own address, and no other', ({ segment }) => {
      for (const make of [family.packet, family.winding]) {
        expect(stage.out(make(family.pod, family.friend, segment))).toBe('pass');
        for (const source of [family.neighbour, family.friend, family.node, family.gateway, family.stranger, family.group]) {
          expect(stage.out(make(source, family.friend, segment)), source).toBe('SPOOFED_SOURCE');
        }
      }
    });

    it('may be unspecified or link-local where the packet stays on the link', () => {
      for (const source of [family.unspecified, family.linkLocal]) {
        expect(stage.out(family.packet(source, family.group, udp(PORTS))), source).toBe('pass');
        expect(stage.out(family.packet(source, family.linkLocal, udp(PORTS))), source).toBe('pass');
        for (const destination of [family.friend, family.stranger, family.node]) {
          expect(stage.out(family.packet(source, destination, udp(PORTS))), `${source} to ${destination}`).toBe('SPOOFED_SOURCE');
        }
      }
    });
  });

  it('is not checked for a pod that may spoof', () => {
    stage.set({}, { annotations: { [ALLOW_SPOOFING]: 'true' } });
    expect(stage.out(family.packet(family.neighbour, family.friend, tcp(PORTS)))).toBe('pass');
  });

  it('is not checked without policies in the cluster', () => {
    stage.set({}, { policies: false });
    expect(stage.out(family.packet(family.neighbour, family.friend, tcp(PORTS)))).toBe('pass');
  });

  it('of a pod that lacks this family is never its own', () => {
    stage.set({});
    const other = family.name === 'IPv4' ? V6 : V4;
    stage.kernel.upsert(pod('shop/web', { node: 'node-1', addresses: [other.pod], labels: { app: 'web' } }));
    expect(stage.out(family.packet(family.pod, family.friend, tcp(PORTS)))).toBe('SPOOFED_SOURCE');
    expect(stage.out(family.packet(family.unspecified, family.friend, tcp(PORTS)))).toBe('SPOOFED_SOURCE');
    expect(stage.out(other.packet(other.pod, other.friend, tcp(PORTS)))).toBe('pass');
  });

  it('is checked by the new address from the moment that the pod has another', () => {
    stage.set({});
    expect(stage.out(family.packet(family.pod, family.friend, tcp(PORTS)))).toBe('pass');
    const moved = family.name === 'IPv4' ? '10.1.0.99' : 'fd00:1::99';
    stage.kernel.upsert(pod('shop/web', { node: 'node-1', addresses: [moved], labels: { app: 'web' } }));
    expect(stage.out(family.packet(family.pod, family.friend, tcp(PORTS)))).toBe('SPOOFED_SOURCE');
    expect(stage.out(family.packet(moved, family.friend, tcp(PORTS)))).toBe('pass');
  });
});

describe('the source of an isolated pod', needsKernel, () => {
  let stage: Stage;
  beforeAll(() => {
    stage = new Stage();
    stage.set({ ingress: [], egress: [] });
  });
  afterAll(() => stage.close());

  it('that asks for a lease is no spoofing, and policy decides about the lease', () => {
    const discover = V4.packet('0.0.0.0', '255.255.255.255', udp({ source: 68, destination: 67 }));
    expect(stage.out(discover)).toBe('POLICY');
    stage.set({ ingress: [], egress: [{ to: [{ ipBlock: { cidr: '255.255.255.255/32' } }], ports: [{ port: 67, protocol: 'UDP' }] }] });
    expect(stage.out(discover)).toBe('pass');
    stage.set({});
    expect(stage.out(discover)).toBe('pass');
  });

  it('is never a mapped address, its own neither', () => {
    for (const rules of [{}, { egress: [{}] }]) {
      stage.set(rules);
      for (const source of [V4.pod, V4.neighbour]) {
        expect(stage.out(ipv6({ source: mappedAddress(source), destination: V6.friend }, tcp(PORTS)))).toBe('MAPPED_ADDRESS');
        expect(stage.out(ipv6({ source: mappedAddress(source), destination: mappedAddress(V4.friend) }, tcp(PORTS)))).toBe(
          'MAPPED_ADDRESS',
        );
      }
    }
  });

  it('before the pod has an address is none at all', () => {
    stage.set({ egress: [{}] });
    stage.kernel.upsert(pod('shop/web', { node: 'node-1', addresses: [], labels: { app: 'web' } }));
    expect(stage.out(V4.packet(V4.pod, V4.friend, tcp(PORTS)))).toBe('SPOOFED_SOURCE');
    expect(stage.out(V4.packet('0.0.0.0', V4.friend, tcp(PORTS)))).toBe('SPOOFED_SOURCE');
  });
});
