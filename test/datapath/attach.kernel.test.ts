/** The kernel driver on real interfaces, with real pings: attaching, handing over, leaving, by tcx and by cls_bpf. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reasonNumber } from '../../src/model/reasons.ts';
import { needsKernel } from '../support/requires.ts';
import { PodNetwork } from './pod-network.ts';

type Seen = Readonly<Record<string, unknown>>;

const REACHED = [true, true];
const UNREACHED = [false, false];

describe.each(['tcx', 'tc'] as const)('attached by %s', needsKernel, (mode) => {
  let network: PodNetwork;
  let seen: Seen;
  /** Ours first, at both hooks. */
  const OURS = mode === 'tcx' ? { in: ['from_pod', 'foreign'], out: ['to_pod'] } : { in: 'from_pod', out: 'to_pod' };
  const NONE = mode === 'tcx' ? { in: ['foreign'], out: [] } : {};

  beforeAll(() => {
    network = new PodNetwork();
    seen = network.node.runScript<Seen>(new URL('scenarios/attach.ts', import.meta.url), network.bpfRoot, mode);
  });
  afterAll(() => network?.[Symbol.dispose]());

  it('stands before the programs of others', () => {
    expect(seen).toMatchObject({ mode, fresh: false, attachedAtFirst: [], attached: [true], place: OURS });
  });

  it('judges real pings of both families, and follows every flip', () => {
    expect(seen).toMatchObject({
      open: REACHED,
      denied: UNREACHED,
      allowed: REACHED,
      counted: expect.arrayContaining([reasonNumber('POLICY')]) as unknown,
    });
  });

  it('is attached once, however often it is asked', () => {
    expect(seen).toMatchObject({ attachedTwice: OURS, twiceIsOnce: true });
  });

  it('hands over to the next agent in place, with the flows and the generation', () => {
    expect(seen).toMatchObject({
      tookOver: true,
      generation: 4711,
      sameFlows: true,
      firstStillJudges: REACHED,
      secondJudges: UNREACHED,
      linksKept: true,
      programsNew: true,
      placeAfter: OURS,
    });
  });

  it('judges on when every agent is gone', () => {
    expect(seen).toMatchObject({ closedStillJudges: UNREACHED, attachedByEarlier: [true] });
  });

  it('takes no table over that has another size or layout', () => {
    expect(seen).toMatchObject({ otherSize: [false, false], otherLayout: false });
  });

  it('takes the place of what was attached the other way', () => {
    const gone = mode === 'tcx' ? { in: ['foreign'], out: [] } : {};
    expect(seen).toMatchObject({ otherMode: [gone, REACHED], backAgain: [OURS, UNREACHED] });
  });

  it('leaves nothing when it is detached, and goes twice without complaint', () => {
    expect(seen).toMatchObject({ detached: [NONE, REACHED, [], []], uninstalled: [[true], NONE, false, []] });
  });

  it('leaves the programs and filters of others alone', () => {
    expect(seen).toMatchObject({ foreignStays: [true, true], foreignRan: true });
  });

  it('names an interface that is not there', () => {
    expect(seen).toMatchObject({ noInterface: 'E_ATTACH' });
  });
});

describe.each(['tcx', 'tc'] as const)('an agent that attaches by %s', needsKernel, (mode) => {
  let network: PodNetwork;
  let seen: Seen;
  const RECORDED = { ranOpen: false, takeOverUntil: 0 };
  const RAN_OPEN = { ranOpen: true, takeOverUntil: 0 };

  beforeAll(() => {
    network = new PodNetwork();
    seen = network.node.runScript<Seen>(new URL('scenarios/earlier.ts', import.meta.url), network.bpfRoot, mode);
  });
  afterAll(() => network?.[Symbol.dispose]());

  it('knows nothing of the past of an interface without programs, nor of one that it has itself', () => {
    expect(seen).toMatchObject({ none: null, own: null, detached: null });
  });

  it('reads from an earlier one whether the pod ran open, and how long its flows are still taken over', () => {
    expect(seen).toMatchObject({ open: RAN_OPEN, isolated: RECORDED, takingOver: { ranOpen: false, takeOverUntil: 4711 } });
  });

  it('takes a pod for open whose flows are in another table than its own', () => {
    expect(seen).toMatchObject({
      otherTableBegun: RAN_OPEN,
      backToTheFirst: { ranOpen: false, takeOverUntil: 4711 },
      otherTable: RAN_OPEN,
      otherTableTaken: RECORDED,
    });
  });

  it('takes a pod for open of which one hook was not guarded', () => {
    expect(seen).toMatchObject({ oneHook: RAN_OPEN });
  });
});

describe('pins whose names say nothing', needsKernel, () => {
  let network: PodNetwork;
  let seen: Seen;

  beforeAll(() => {
    network = new PodNetwork();
    seen = network.node.runScript<Seen>(new URL('scenarios/sort-links.ts', import.meta.url), network.bpfRoot);
  });
  afterAll(() => network?.[Symbol.dispose]());

  it('are of a second program of ours at one hook: the one in front stays, under the right name', () => {
    expect(seen).toMatchObject({ inFront: { pins: true, frontStays: true }, behind: { pins: true, frontStays: true } });
  });

  it("are somebody else's: only those in our way are moved", () => {
    expect(seen).toMatchObject({ foreign: [['nonsense'], [true]] });
  });
});

describe('interfaces', needsKernel, () => {
  let network: PodNetwork;
  let seen: Seen;

  beforeAll(() => {
    network = new PodNetwork();
    seen = network.node.runScript<Seen>(new URL('scenarios/interfaces.ts', import.meta.url), network.bpfRoot, network.pod.name);
  });
  afterAll(() => network?.[Symbol.dispose]());

  it('that are gone leave a link that the next one of their number replaces', () => {
    expect(seen).toMatchObject({ severed: [0, 0], sameNumber: true, replaced: [true, true], judged: UNREACHED, flipped: REACHED });
  });

  it('that are gone are detached without complaint', () => {
    expect(seen).toMatchObject({ detachedGone: 'none', leftAfterwards: [] });
  });

  it('with a number beyond the array are judged like any other', () => {
    expect(seen).toMatchObject({ far: { unset: UNREACHED, denied: UNREACHED, allowed: REACHED } });
  });

  it('carry frames that lie in pieces, which are judged like whole ones', () => {
    expect(seen['pieces']).toEqual({ sent: 12, counted: { ALLOWED: 4, POLICY: 4, SPOOFED_SOURCE: 4 } });
  });

  it('tell of drops through the ring, on the event loop', () => {
    expect(seen['told']).toMatchObject({ verdict: 'deny', direction: 'ingress', protocol: 1, reason: reasonNumber('POLICY') });
  });
});
