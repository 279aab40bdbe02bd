/** Conntrack and generations: what a flow's first packet decides, and when it is decided anew. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/model/ip.ts';
import { ethernet, ipv4, ipv6, type Segment } from '../support/builders/frames.ts';
import { echo, tcp, udp, type TcpFlag } from '../support/builders/segments.ts';
import { namespace, node, pod, policy } from '../support/builders/objects.ts';
import { KernelHarness, type Outcome } from '../support/kernel-harness.ts';
import { needsKernel } from '../support/requires.ts';

const POD = '10.1.0.2';
const FRIEND = '10.1.0.3';
const STRANGER = '203.0.113.9';

let kernel: KernelHarness;

function out(to: string, segment: Segment): Outcome {
  return kernel.run('egress', ethernet({}, ipv4({ source: POD, destination: to }, segment)));
}

function into(from: string, segment: Segment, options: { fromNode?: boolean } = {}): Outcome {
  return kernel.run('ingress', ethernet({}, ipv4({ source: from, destination: POD }, segment)), options);
}

const to = (port: number, ...flags: TcpFlag[]): Segment => tcp({ source: 40000, destination: port, flags });
const from = (port: number, ...flags: TcpFlag[]): Segment => tcp({ source: port, destination: 40000, flags });

const friendOnly = { from: [{ podSelector: { matchLabels: { app: 'friend' } } }], ports: [{ port: 80 }, { port: 53, protocol: 'UDP' }] };

describe('flows', needsKernel, () => {
  beforeEach(() => {
    kernel = new KernelHarness();
    kernel.upsert(
      namespace('shop'),
      node('node-1', ['10.9.0.1']),
      pod('shop/web', { node: 'node-1', addresses: [POD], labels: { app: 'web' } }),
      pod('shop/friend', { node: 'node-2', addresses: [FRIEND], labels: { app: 'friend' } }),
      policy('shop/web', {
        podSelector: { matchLabels: { app: 'web' } },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [friendOnly],
        egress: [],
      }),
    );
    kernel.bind('shop/web');
  });
  afterEach(() => kernel.close());

  it('an allowed connection into the pod leaves no row at its SYN, and one at the SYN-ACK', () => {
    expect(into(FRIEND, to(80, 'syn'))).toEqual({ passed: true, reason: 'ALLOWED' });
    expect(kernel.flows()).toBe(0);
    expect(out(FRIEND, from(80, 'syn', 'ack')).passed).toBe(true);
    expect(kernel.flows()).toBe(1);
    expect(into(FRIEND, to(80, 'ack'))).toEqual({ passed: true, reason: undefined });
    expect(out(FRIEND, from(80, 'ack'))).toEqual({ passed: true, reason: undefined });
  });

  it('a denied SYN is dropped and named', () => {
    expect(into(STRANGER, to(80, 'syn'))).toEqual({ passed: false, reason: 'POLICY' });
    expect(into(FRIEND, to(81, 'syn'))).toEqual({ passed: false, reason: 'POLICY' });
    const [event] = kernel.events();
    expect(event).toMatchObject({
      source: parseAddress(STRANGER),
      destination: parseAddress(POD),
      destinationPort: 80,
      sourcePort: 40000,
      verdict: 'deny',
      direction: 'ingress',
    });
  });

  it('a SYN on the tuple of a live flow is judged as an opening', () => {
    into(FRIEND, to(80, 'syn'));
    out(FRIEND, from(80, 'syn', 'ack'));
    expect(out(FRIEND, from(80, 'syn'))).toEqual({ passed: false, reason: 'POLICY' });
  });

  it('an edit that narrows cuts a flow at its next packet, in both directions, and spares the others', () => {
    into(FRIEND, to(80, 'syn'));
    out(FRIEND, from(80, 'syn', 'ack'));
    into(FRIEND, udp({ source: 40000, destination: 53 }));
    const narrowed = { ...friendOnly, ports: [{ port: 53, protocol: 'UDP' }] };
    kernel.upsert(
      policy('shop/web', { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress', 'Egress'], ingress: [narrowed] }),
    );
    expect(into(FRIEND, to(80, 'ack'))).toEqual({ passed: false, reason: 'FLOW_CUT' });
    expect(out(FRIEND, from(80, 'ack'))).toEqual({ passed: false, reason: 'FLOW_CUT' });
    expect(out(FRIEND, udp({ source: 53, destination: 40000 }))).toEqual({ passed: true, reason: 'ALLOWED' });
    expect(out(FRIEND, udp({ source: 53, destination: 40000 }))).toEqual({ passed: true, reason: undefined });
  });

  it('a peer that loses its label loses its flows', () => {
    into(FRIEND, to(80, 'syn'));
    out(FRIEND, from(80, 'syn', 'ack'));
    kernel.upsert(pod('shop/friend', { node: 'node-2', addresses: [FRIEND], labels: { app: 'other' } }));
    expect(into(FRIEND, to(80, 'ack')).passed).toBe(false);
  });

  it('an evicted flow that is still allowed recovers by itself', () => {
    into(FRIEND, to(80, 'syn'));
    out(FRIEND, from(80, 'syn', 'ack'));
    kernel.evict();
    expect(out(FRIEND, from(80, 'ack', 'psh'))).toEqual({ passed: true, reason: 'REPLY' });
    expect(into(FRIEND, to(80, 'ack'))).toEqual({ passed: true, reason: undefined });
  });

  it('nothing that is not allowed gets in because a table was evicted', () => {
    kernel.evict();
    expect(into(STRANGER, to(80, 'ack')).passed).toBe(false);
    expect(out(STRANGER, from(80, 'ack')).passed).toBe(false);
    expect(out(FRIEND, udp({ source: 53, destination: 40000 }))).toEqual({ passed: false, reason: 'POLICY' });
  });

  it('stray ACKs and SYN-ACKs do not reach a pod whose egress is open', () => {
    kernel.upsert(policy('shop/web', { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress'] }));
    expect(into(STRANGER, from(443, 'ack'))).toEqual({ passed: false, reason: 'NO_EVIDENCE' });
    expect(into(STRANGER, from(443, 'syn', 'ack'))).toEqual({ passed: false, reason: 'NO_EVIDENCE' });
    expect(out(STRANGER, to(443, 'syn')).passed).toBe(true);
    expect(into(STRANGER, from(443, 'syn', 'ack'))).toEqual({ passed: true, reason: undefined });
    expect(into(STRANGER, from(443, 'ack'))).toEqual({ passed: true, reason: undefined });
  });

  it("an echo request on the identifier of the pod's own ping is judged", () => {
    kernel.upsert(policy('shop/web', { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress'] }));
    expect(out(STRANGER, echo({ id: 7 })).passed).toBe(true);
    expect(into(STRANGER, echo({ id: 7, reply: true })).passed).toBe(true);
    expect(into(STRANGER, echo({ id: 7 }))).toEqual({ passed: false, reason: 'POLICY' });
    expect(into(STRANGER, echo({ id: 8, reply: true })).passed).toBe(false);
  });

  it('UDP answers need a row, which ages', () => {
    expect(into(FRIEND, udp({ source: 40000, destination: 53 })).passed).toBe(true);
    expect(out(FRIEND, udp({ source: 53, destination: 40000 })).passed).toBe(true);
    kernel.age(121);
    expect(out(FRIEND, udp({ source: 53, destination: 40000 })).passed).toBe(false);
  });

  it('the own node gets in by origin and address together, never by one of them', () => {
    const NODE = '10.9.0.1';
    expect(into(NODE, to(9999, 'syn'), { fromNode: true })).toEqual({ passed: true, reason: 'NODE' });
    expect(into(NODE, to(9999, 'syn'))).toEqual({ passed: false, reason: 'POLICY' });
    expect(into(STRANGER, to(9999, 'syn'), { fromNode: true })).toEqual({ passed: false, reason: 'POLICY' });
    expect(out(NODE, to(10250, 'syn'))).toEqual({ passed: true, reason: 'NODE' });
    expect(into(NODE, from(10250, 'syn', 'ack'), { fromNode: true }).passed).toBe(true);
  });

  it("a source that is not the pod's is dropped, once there is a policy anywhere", () => {
    const spoofed = ethernet({}, ipv4({ source: '10.1.0.77', destination: FRIEND }, to(80, 'syn')));
    expect(kernel.run('egress', spoofed)).toEqual({ passed: false, reason: 'SPOOFED_SOURCE' });
    const mapped = ethernet({}, ipv6({ source: 'fd00::77', destination: 'fd00::1' }, to(80, 'syn')));
    expect(kernel.run('egress', mapped)).toEqual({ passed: false, reason: 'SPOOFED_SOURCE' });
  });

  describe('of a pod that ran open until now', () => {
    /** Port 80 for the friend alone; egress open. */
    const isolated = policy('shop/web', {
      podSelector: { matchLabels: { app: 'web' } },
      policyTypes: ['Ingress'],
      ingress: [friendOnly],
    });
    beforeEach(() => {
      kernel.delete(isolated);
      kernel.bind('shop/web', [], true);
      kernel.upsert(isolated);
    });

    it('that a denied client opened are cut, whichever side sends next, and stay cut', () => {
      expect(out(STRANGER, from(80, 'ack'))).toEqual({ passed: false, reason: 'FLOW_CUT' });
      expect(into(STRANGER, to(80, 'ack'))).toEqual({ passed: false, reason: 'FLOW_CUT' });
      expect(out(STRANGER, from(80, 'ack', 'psh'))).toEqual({ passed: false, reason: 'FLOW_CUT' });
    });

    it('that an allowed client opened go on, whichever side sends next', () => {
      expect(into(FRIEND, to(80, 'ack')).passed).toBe(true);
      kernel.evict();
      expect(out(FRIEND, from(80, 'ack')).passed).toBe(true);
      expect(into(FRIEND, to(80, 'ack'))).toEqual({ passed: true, reason: undefined });
    });

    it('that the pod opened go on, whichever side sends next', () => {
      expect(into(STRANGER, from(443, 'ack')).passed).toBe(true);
      kernel.evict();
      expect(out(STRANGER, to(443, 'ack')).passed).toBe(true);
      expect(into(STRANGER, from(443, 'ack'))).toEqual({ passed: true, reason: undefined });
    });

    it('and its answers by UDP to a denied client leave, but let nothing in', () => {
      expect(out(STRANGER, udp({ source: 53, destination: 40000 })).passed).toBe(true);
      expect(into(STRANGER, udp({ source: 40000, destination: 53 })).passed).toBe(false);
      expect(out(STRANGER, udp({ source: 40000, destination: 53 })).passed).toBe(true);
      expect(into(STRANGER, udp({ source: 53, destination: 40000 })).passed).toBe(true);
    });
  });
});
