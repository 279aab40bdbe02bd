/** ARP: a pod speaks for its own address or for none, and is spoken to by anyone. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALLOW_SPOOFING } from '../../src/compiler/compiler-options.ts';
import { arp, ethernet, truncate, type ArpOptions } from '../support/builders/frames.ts';
import { needsKernel } from '../support/requires.ts';
import { Stage, V4, type Fate } from './stage.ts';

const OWN: ArpOptions = { operation: 'request', sender: V4.pod, target: V4.gateway };

const SENT: readonly { readonly what: string; readonly packet: ArpOptions; readonly fate: Fate }[] = [
  { what: 'a question from its address', packet: OWN, fate: 'pass' },
  { what: 'an answer for its address', packet: { operation: 'reply', sender: V4.pod, target: V4.gateway }, fate: 'pass' },
  { what: 'an announcement of its address', packet: { operation: 'request', sender: V4.pod, target: V4.pod }, fate: 'pass' },
  { what: 'a probe from no address', packet: { operation: 'request', sender: '0.0.0.0', target: V4.pod }, fate: 'pass' },
  {
    what: 'a question from another address',
    packet: { operation: 'request', sender: V4.neighbour, target: V4.gateway },
    fate: 'SPOOFED_ARP',
  },
  { what: 'an answer for the gateway', packet: { operation: 'reply', sender: V4.gateway, target: V4.neighbour }, fate: 'SPOOFED_ARP' },
  { what: 'an announcement of another address', packet: { operation: 'reply', sender: V4.friend, target: V4.friend }, fate: 'SPOOFED_ARP' },
];

const POLICIES = [
  { name: 'a pod isolated both ways', rules: { ingress: [], egress: [] } },
  { name: 'a pod isolated for ingress', rules: { ingress: [] } },
  { name: 'a pod that no policy selects', rules: {} },
] as const;

describe('ARP', needsKernel, () => {
  let stage: Stage;
  beforeAll(() => {
    stage = new Stage();
  });
  afterAll(() => stage.close());

  describe.each(POLICIES)('of $name', ({ rules }) => {
    beforeAll(() => stage.set(rules));

    it.each(SENT)('$what: $fate', ({ packet, fate }) => {
      expect(stage.out(arp(packet))).toBe(fate);
      expect(stage.fate('egress', ethernet({ vlans: [{ id: 7 }, { id: 8 }] }, arp(packet)))).toBe(fate);
    });

    it('comes in from anyone', () => {
      expect(stage.into(arp({ operation: 'request', sender: V4.stranger, target: V4.pod }))).toBe('pass');
      expect(stage.into(arp({ operation: 'reply', sender: V4.gateway, target: V4.pod }))).toBe('pass');
    });

    it('is not believed where it is cut short, or of other sizes', () => {
      const frame = ethernet({}, arp(OWN));
      expect(stage.fate('egress', truncate(frame, 14 + 17))).toBe('SPOOFED_ARP');
      for (const [offset, value] of [
        [18, 8],
        [19, 16],
        [16, 0x86],
      ] as const) {
        const other = Uint8Array.from(frame);
        other[offset] = value;
        expect(stage.fate('egress', other)).toBe('SPOOFED_ARP');
      }
    });
  });

  it('of a pod that may spoof: any sender passes', () => {
    stage.set({ ingress: [], egress: [] }, { annotations: { [ALLOW_SPOOFING]: 'true' } });
    expect(SENT.map(({ packet }) => stage.out(arp(packet)))).toEqual(SENT.map(() => 'pass'));
  });

  it('without policies in the cluster: any sender passes', () => {
    stage.set({}, { policies: false });
    expect(SENT.map(({ packet }) => stage.out(arp(packet)))).toEqual(SENT.map(() => 'pass'));
  });
});
