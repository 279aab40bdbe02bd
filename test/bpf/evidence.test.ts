/** The kernel's own conntrack as a witness: who opened a flow that has no row, and who a masqueraded client really is. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/model/ip.ts';
import { service } from '../support/builders/services.ts';
import { ethernet, type Segment } from '../support/builders/frames.ts';
import { sctp, tcp, udp, type TcpFlag } from '../support/builders/segments.ts';
import type { FlowWord } from '../support/flow-rows.ts';
import { KernelConntrack } from '../support/kernel-conntrack.ts';
import type { RunOptions } from '../support/kernel-harness.ts';
import { needsKernel } from '../support/requires.ts';
import type { Seen } from './corpus/table.ts';
import { see } from './service-stage.ts';
import { FAMILIES, FRIEND, Stage, type Rules } from './stage.ts';

const [TCP, UDP] = [6, 17];
const CLIENT = 40000;
/** What a masquerade made of a client's port. */
const MASKED = 50000;
const segment = (source: number, destination: number, ...flags: TcpFlag[]): Segment => tcp({ source, destination, flags });

describe.each(FAMILIES)("the kernel's conntrack over $name", needsKernel, (family) => {
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
  beforeEach(() => conntrack.flush());

  const sends = (what: Segment, peer: string): Seen => see(stage.kernel.run('egress', ethernet({}, family.packet(family.pod, peer, what))));
  const gets = (what: Segment, peer: string, options?: RunOptions): Seen =>
    see(stage.kernel.run('ingress', ethernet({}, family.packet(peer, family.pod, what)), options));
  const opened = (by: 'pod' | 'peer', peer: string, podPort: number, peerPort: number, protocol = TCP): void => {
    const ends = [
      { address: family.pod, port: podPort },
      { address: peer, port: peerPort },
    ] as const;
    conntrack.add({ protocol, from: ends[by === 'pod' ? 0 : 1], to: ends[by === 'pod' ? 1 : 0] });
  };

  describe('says who opened a flow that has no row:', () => {
    it('the pod did, so an answer gets in, whose egress is open', () => {
      stage.set({ ingress: [] });
      expect(gets(segment(443, CLIENT, 'ack'), family.stranger)).toBe('NO_EVIDENCE');
      opened('pod', family.stranger, CLIENT, 443);
      expect(gets(segment(443, CLIENT, 'ack'), family.stranger)).toBe('REPLY');
      expect(gets(segment(443, CLIENT, 'ack'), family.stranger)).toBe('pass');
      expect(gets(segment(443, CLIENT + 1, 'ack'), family.stranger)).toBe('NO_EVIDENCE');
    });

    it('the pod did, by UDP, whose answers need it', () => {
      stage.set({ ingress: [] });
      expect(gets(udp({ source: 53, destination: CLIENT }), family.stranger)).toBe('POLICY');
      opened('pod', family.stranger, CLIENT, 53, UDP);
      expect(gets(udp({ source: 53, destination: CLIENT }), family.stranger)).toBe('REPLY');
    });

    it('the pod did, and may not: no answer gets in', () => {
      stage.set({ ingress: [], egress: [] });
      opened('pod', family.stranger, CLIENT, 443);
      opened('pod', family.stranger, CLIENT, 53, UDP);
      expect(gets(segment(443, CLIENT, 'ack'), family.stranger)).toBe('POLICY');
      expect(gets(udp({ source: 53, destination: CLIENT }), family.stranger)).toBe('POLICY');
    });

    it('the pod did, and may not: its own segments are no replies to what its open ingress would allow', () => {
      stage.set({ egress: [] });
      expect(sends(segment(CLIENT, 443, 'ack'), family.stranger)).toBe('REPLY');
      stage.kernel.evict();
      opened('pod', family.stranger, CLIENT, 443);
      expect(sends(segment(CLIENT, 443, 'ack'), family.stranger)).toBe('POLICY');
      expect(stage.kernel.flows()).toBe(0);
    });

    it("the peer did, and may not: what it sends is no reply, and the pod's own segments make it none", () => {
      stage.set({ ingress: [] });
      opened('peer', family.stranger, 80, CLIENT);
      expect(gets(segment(CLIENT, 80, 'ack'), family.stranger)).toBe('POLICY');
      expect(sends(segment(80, CLIENT, 'ack'), family.stranger)).toBe('ALLOWED');
      expect(stage.kernel.flows()).toBe(0);
      expect(gets(segment(CLIENT, 80, 'ack'), family.stranger)).toBe('POLICY');
    });

    it('the peer did, and may: a later edit for the peer cuts it, whatever the ports would suggest', () => {
      stage.set({ ingress: [{ from: [FRIEND] }] });
      opened('peer', family.friend, CLIENT, 80);
      expect(sends(segment(CLIENT, 80, 'ack'), family.friend)).toBe('ALLOWED');
      expect(gets(segment(80, CLIENT, 'ack'), family.friend)).toBe('pass');
      stage.edit({ ingress: [] });
      expect(gets(segment(80, CLIENT, 'ack'), family.friend)).toBe('FLOW_CUT');
    });

    it('an entry says nothing of an opening: a SYN is judged in its own direction', () => {
      stage.set({ ingress: [] });
      opened('pod', family.stranger, CLIENT, 443);
      expect(gets(segment(443, CLIENT, 'syn'), family.stranger)).toBe('POLICY');
    });

    it('nor of SCTP and echoes, which it is not asked about', () => {
      stage.set({ ingress: [] });
      opened('pod', family.stranger, CLIENT, 80, 132);
      expect(gets(sctp({ source: 80, destination: CLIENT, chunk: 'data' }), family.stranger)).toBe('POLICY');
    });

    it('while isolation begins, against the guess by ports', () => {
      stage.set({}, { ranOpen: true });
      stage.edit({ egress: [] });
      opened('peer', family.stranger, CLIENT, 80);
      expect(sends(segment(CLIENT, 80, 'ack'), family.stranger)).toBe('REPLY');
      stage.set({}, { ranOpen: true });
      conntrack.flush();
      stage.edit({ egress: [] });
      expect(sends(segment(CLIENT, 80, 'ack'), family.stranger)).toBe('FLOW_CUT');
    });
  });

  describe('names the client behind a masquerade:', () => {
    const RULES: Rules = { ingress: [{ from: [FRIEND], ports: [{ port: 80 }, { port: 53, protocol: 'UDP' }] }], egress: [] };
    beforeEach(() => stage.set(RULES));

    /** By a node port of that node, which gave the client its own address. */
    const masquerades = (client: string, protocol = TCP, port = 80, node = family.node): void =>
      conntrack.add({
        protocol,
        from: { address: client, port: 1234 },
        to: { address: node, port: 30080 },
        answeredBy: { address: family.pod, port },
        answeredTo: { address: node, port: MASKED },
      });
    const row = (protocol = TCP, localPort = 80): FlowWord | undefined =>
      stage.kernel.flow({ remote: parseAddress(family.node), protocol, localPort, remotePort: MASKED });

    it('an allowed one gets in, and its flow is remembered as rewritten', () => {
      masquerades(family.friend);
      expect(gets(segment(MASKED, 80, 'syn'), family.node)).toBe('ALLOWED');
      expect(sends(segment(80, MASKED, 'syn', 'ack'), family.node)).toBe('ALLOWED');
      expect(row()).toMatchObject({ rewritten: true, node: false, openedBy: 'peer' });
      expect(gets(segment(MASKED, 80, 'ack'), family.node)).toBe('pass');
    });

    it('a denied one does not, nor one to a port that is denied', () => {
      masquerades(family.stranger);
      expect(gets(segment(MASKED, 80, 'syn'), family.node)).toBe('POLICY');
      conntrack.flush();
      masquerades(family.friend, TCP, 81);
      expect(gets(segment(MASKED, 81, 'syn'), family.node)).toBe('POLICY');
    });

    it("without an entry the address that is seen is judged, and never taken for the node's own", () => {
      expect(gets(segment(MASKED, 80, 'syn'), family.node)).toBe('POLICY');
      expect(gets(segment(MASKED, 80, 'ack'), family.node)).toBe('POLICY');
      expect(gets(udp({ source: MASKED, destination: 53 }), family.node)).toBe('POLICY');
    });

    it('what the node itself sends is the node, whatever an entry says', () => {
      masquerades(family.stranger);
      expect(gets(segment(MASKED, 80, 'syn'), family.node, { fromNode: true })).toBe('NODE');
    });

    it('every datagram is judged, since another client may have the same port by now', () => {
      masquerades(family.friend, UDP, 53);
      const question = udp({ source: MASKED, destination: 53 });
      expect([gets(question, family.node), gets(question, family.node)]).toEqual(['ALLOWED', 'ALLOWED']);
      expect(sends(udp({ source: 53, destination: MASKED }), family.node)).toBe('pass');
      conntrack.flush();
      masquerades(family.stranger, UDP, 53);
      expect(gets(question, family.node)).toBe('FLOW_CUT');
      conntrack.flush();
      expect(gets(question, family.node)).toBe('FLOW_CUT');
    });

    it('an edit is judged by the client, in both directions', () => {
      masquerades(family.friend);
      gets(segment(MASKED, 80, 'syn'), family.node);
      sends(segment(80, MASKED, 'syn', 'ack'), family.node);
      stage.edit({ ingress: [{ from: [FRIEND], ports: [{ port: 80 }] }], egress: [] });
      expect(gets(segment(MASKED, 80, 'ack'), family.node)).toBe('ALLOWED');
      stage.edit({ ingress: [], egress: [] });
      expect(gets(segment(MASKED, 80, 'ack'), family.node)).toBe('FLOW_CUT');
      expect(sends(segment(80, MASKED, 'ack'), family.node)).toBe('FLOW_CUT');
    });

    it('the pod itself, through its own Service: only where its own interface has seen the question', () => {
      stage.set({ ingress: [], egress: [] });
      conntrack.add({
        protocol: TCP,
        from: { address: family.pod, port: CLIENT },
        to: { address: family.service, port: 80 },
        answeredBy: { address: family.pod, port: 8080 },
        answeredTo: { address: family.node, port: MASKED },
      });
      const question = segment(MASKED, 8080, 'syn');
      expect(gets(question, family.node)).toBe('POLICY');
      stage.set({ ingress: [], egress: [] }, { services: 'after-nat' });
      stage.kernel.upsert(service('shop/self', { addresses: [family.service], ports: [{ protocol: 'TCP', port: 80, targetPort: 8080 }] }));
      expect(sends(segment(CLIENT, 80, 'syn'), family.service)).toBe('pass');
      expect(gets(question, family.node)).toBe('ALLOWED');
    });

    it('one whom another node has masqueraded is that node', () => {
      conntrack.add({ protocol: TCP, from: { address: family.otherNode, port: MASKED }, to: { address: family.pod, port: 80 } });
      expect(gets(segment(MASKED, 80, 'syn'), family.otherNode)).toBe('POLICY');
    });
  });
});
