/** The pod's own node, its gateway, other nodes, and the pod itself. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { node } from '../support/builders/objects.ts';
import { sctp, tcp, udp } from '../support/builders/segments.ts';
import { needsKernel } from '../support/requires.ts';
import { FAMILIES, GATEWAY_LINK_LOCAL, Stage, V4, V6 } from './stage.ts';

const PORTS = { source: 40000, destination: 9999 };
const NODE = { fromNode: true } as const;
const HAIRPIN = { hairpin: true } as const;

describe.each(FAMILIES)('the own node over $name', needsKernel, (family) => {
  let stage: Stage;
  const segments = [tcp(PORTS), tcp({ ...PORTS, flags: ['ack'] }), udp(PORTS), sctp(PORTS), family.echo()];

  beforeAll(() => {
    stage = new Stage();
    stage.set({ ingress: [], egress: [] });
  });
  afterAll(() => stage.close());
  beforeEach(() => stage.kernel.forget());

  it("reaches an isolated pod from its addresses and its gateway's", () => {
    for (const address of [family.node, family.gateway]) {
      for (const segment of segments) {
        stage.kernel.forget();
        expect(stage.talk(family, address).into(segment, NODE), address).toBe('pass');
      }
    }
  });

  it('is not meant where the packet came in by an interface', () => {
    for (const address of [family.node, family.gateway])
      for (const segment of segments) expect(stage.talk(family, address).into(segment), address).not.toBe('pass');
  });

  it('is not meant where the packet has another source', () => {
    for (const address of [family.otherNode, family.stranger, family.friend]) {
      for (const segment of segments) expect(stage.talk(family, address).into(segment, NODE), address).not.toBe('pass');
    }
  });

  it('is reached by an isolated pod', () => {
    for (const address of [family.node, family.gateway]) {
      for (const segment of segments) expect(stage.talk(family, address).out(segment), address).toBe('pass');
    }
    for (const segment of segments) expect(stage.talk(family, family.otherNode).out(segment)).not.toBe('pass');
  });

  it('is answered, and answers', () => {
    const kubelet = stage.talk(family, family.node);
    expect(kubelet.into(tcp(PORTS), NODE)).toBe('pass');
    expect(kubelet.out(tcp({ source: 9999, destination: 40000, flags: ['syn', 'ack'] }))).toBe('pass');
    expect(kubelet.into(tcp({ ...PORTS, flags: ['ack'] }), NODE)).toBe('pass');
    expect(kubelet.out(tcp({ source: 9999, destination: 40000, flags: ['fin', 'ack'] }))).toBe('pass');
    expect(kubelet.out(udp({ source: 41000, destination: 53 }))).toBe('pass');
    expect(kubelet.into(udp({ source: 53, destination: 41000 }), NODE)).toBe('pass');
  });

  it('keeps its flows through every edit', () => {
    const kubelet = stage.talk(family, family.node);
    stage.set({ ingress: [{}], egress: [{}] });
    kubelet.into(tcp(PORTS), NODE);
    kubelet.out(tcp({ source: 9999, destination: 40000, flags: ['syn', 'ack'] }));
    stage.edit({ ingress: [], egress: [] });
    expect(kubelet.into(tcp({ ...PORTS, flags: ['ack'] }), NODE)).toBe('pass');
    expect(kubelet.out(tcp({ source: 9999, destination: 40000, flags: ['ack'] }))).toBe('pass');
  });

  it("is the node of today: an address that it lost is anyone's", () => {
    stage.kernel.upsert(node('node-1', [V4.otherNode, V6.otherNode]));
    expect(stage.talk(family, family.node).into(tcp(PORTS), NODE)).toBe('POLICY');
    expect(stage.talk(family, family.node).out(tcp(PORTS))).toBe('POLICY');
    expect(stage.talk(family, family.otherNode).into(tcp(PORTS), NODE)).toBe('pass');
    stage.set({ ingress: [], egress: [] });
  });

  it('may be a peer like any other where a block names it', () => {
    stage.set({
      ingress: [{ from: [{ ipBlock: { cidr: family.name === 'IPv4' ? '10.9.0.0/24' : 'fd00:9::/64' } }], ports: [{ port: 9999 }] }],
    });
    expect(stage.talk(family, family.node).into(tcp(PORTS))).toBe('pass');
    expect(stage.talk(family, family.otherNode).into(tcp(PORTS))).toBe('pass');
    expect(stage.talk(family, family.otherNode).into(udp(PORTS))).toBe('POLICY');
    stage.set({ ingress: [], egress: [] });
  });

  it('the pod itself is reached through a hairpin', () => {
    for (const segment of segments) {
      expect(stage.out(family.packet(family.pod, family.pod, segment))).toBe('pass');
      expect(stage.into(family.packet(family.pod, family.pod, segment), HAIRPIN)).toBe('pass');
      expect(stage.into(family.winding(family.pod, family.pod, segment), HAIRPIN)).toBe('pass');
      const refusal = family.packet(family.pod, family.pod, family.unreachable(family.packet(family.pod, family.pod, segment)));
      expect([stage.out(refusal), stage.into(refusal, HAIRPIN)]).toEqual(['pass', 'pass']);
    }
  });

  it("the pod's own address is anyone's where the packet came in by another interface, or by none", () => {
    for (const segment of segments) {
      for (const make of [family.packet, family.winding])
        for (const options of [{}, NODE]) expect(stage.into(make(family.pod, family.pod, segment), options)).not.toBe('pass');
    }
  });

  it('a row of the node lets in nothing that came in by an interface', () => {
    for (const segment of [tcp({ ...PORTS, flags: ['ack'] }), udp(PORTS), sctp({ ...PORTS, chunk: 'data' })]) {
      const kubelet = stage.talk(family, family.node);
      expect(kubelet.into(segment, NODE)).toBe('pass');
      expect(kubelet.into(segment)).not.toBe('pass');
      expect(kubelet.into(segment, NODE)).toBe('pass');
    }
  });

  it('no one else is the pod itself', () => {
    for (const segment of segments) {
      expect(stage.out(family.packet(family.neighbour, family.pod, segment))).toBe('SPOOFED_SOURCE');
      expect(stage.into(family.packet(family.neighbour, family.pod, segment))).not.toBe('pass');
    }
  });
});

describe('the gateway', needsKernel, () => {
  it('is also the node by its link-local address', () => {
    const stage = new Stage();
    stage.set({ ingress: [], egress: [] });
    expect(stage.into(V6.packet(GATEWAY_LINK_LOCAL, V6.pod, tcp(PORTS)), NODE)).toBe('pass');
    expect(stage.into(V6.packet('fe80::99', V6.pod, tcp(PORTS)), NODE)).toBe('POLICY');
    expect(stage.out(V6.packet(V6.pod, GATEWAY_LINK_LOCAL, tcp(PORTS)))).toBe('pass');
    expect(stage.out(V6.packet(V6.pod, 'fe80::99', tcp(PORTS)))).toBe('POLICY');
    stage.close();
  });
});
