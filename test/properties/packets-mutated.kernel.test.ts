/** Frames that no one would send: nothing but the stated exemptions passes an isolated pod, and the program never answers anything but pass or drop. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/model/ip.ts';
import type { Direction } from '../../src/model/verdict.ts';
import { mldReport, igmp, neighbourAdvertisement, neighbourSolicitation, routerAdvertisement } from '../support/builders/discovery.ts';
import { authenticationHeader, destinationOptions, fragmentHeader, hopByHop } from '../support/builders/extension-headers.ts';
import { arp, ethernet, ipv4, ipv4Padding, ipv6, mappedAddress, raw, type Packet, type Segment } from '../support/builders/frames.ts';
import { namespace, node, pod, policy } from '../support/builders/objects.ts';
import { echo, echo6, icmp6Error, icmpError, sctp, tcp, udp } from '../support/builders/segments.ts';
import { propertyParameters } from '../support/generators/parameters.ts';
import { KernelHarness } from '../support/kernel-harness.ts';
import { needsKernel } from '../support/requires.ts';
import { exemptionOf, type Exempt } from './exemptions.ts';

const POD = ['10.1.0.2', 'fd00:1::2'] as const;
const NODE = ['10.9.0.1', 'fd00:9::1', 'fe80::1'] as const;
const EXEMPT: Exempt = { pod: POD.map(parseAddress), node: NODE.map(parseAddress) };

const V4_PEERS = [POD[0], NODE[0], '203.0.113.9', '169.254.1.1', '0.0.0.0', '224.0.0.251', '255.255.255.255'];
const V6_PEERS = [POD[1], NODE[1], 'fe80::1', 'fe80::7', '2001:db8::9', '::', 'ff02::1', 'ff02::16'];
const PORTS = { source: 40000, destination: 80 };
const SEGMENTS: readonly Segment[] = [
  tcp(PORTS),
  tcp({ ...PORTS, flags: ['ack'], options: new Uint8Array(12) }),
  udp({ ...PORTS, data: new Uint8Array(20) }),
  sctp(PORTS),
  raw(47),
  raw(58),
  raw(1),
  raw(2),
];

function packetsOf4(source: string, destination: string): readonly Packet[] {
  const plain = [...SEGMENTS, echo(), igmp(0x16), icmpError('unreachable', ipv4({ source: POD[0], destination: NODE[0] }, udp(PORTS)))];
  return [
    ...plain.map((segment) => ipv4({ source, destination }, segment)),
    ipv4({ source, destination, options: ipv4Padding(3) }, tcp(PORTS)),
    ipv4({ source, destination, moreFragments: true }, udp({ ...PORTS, data: new Uint8Array(24) })),
    ipv4({ source, destination, fragmentOffset: 3 }, raw(17, new Uint8Array(24))),
  ];
}

function packetsOf6(source: string, destination: string): readonly Packet[] {
  const messages = [
    neighbourSolicitation(NODE[1]),
    neighbourAdvertisement(POD[1]),
    neighbourAdvertisement(NODE[2]),
    routerAdvertisement(),
    mldReport(),
  ];
  const wrapped = [
    hopByHop(destinationOptions(tcp(PORTS))),
    authenticationHeader(udp(PORTS)),
    fragmentHeader({}, tcp(PORTS)),
    fragmentHeader({ offset: 3 }, raw(17, new Uint8Array(24))),
  ];
  const error = icmp6Error('packet-too-big', ipv6({ source: POD[1], destination: NODE[1] }, udp(PORTS)));
  return [...SEGMENTS, echo6(), error, ...messages, ...wrapped].map((segment) => ipv6({ source, destination }, segment));
}

/** All pairs of one of the pod's own and anyone, both ways round, in every form. */
const BASES: readonly Uint8Array[] = [
  ...V4_PEERS.flatMap((peer) => [...packetsOf4(POD[0], peer), ...packetsOf4(peer, POD[0]), ...packetsOf4(peer, '224.0.0.1')]),
  ...V6_PEERS.flatMap((peer) => [...packetsOf6(POD[1], peer), ...packetsOf6(peer, POD[1]), ...packetsOf6(peer, 'ff02::1')]),
  ...['10.1.0.2', '0.0.0.0', '10.1.0.9'].map((sender) => arp({ operation: 'request', sender, target: NODE[0] })),
  ipv6({ source: mappedAddress(POD[0]), destination: NODE[1] }, tcp(PORTS)),
].map((packet) => ethernet({}, packet));

const TELLING = [0, 1, 2, 4, 5, 6, 8, 17, 43, 44, 51, 58, 60, 132, 0x45, 0x46, 0x60, 0x81, 0x86, 0xa8, 0xdd, 0xff];

interface Mutation {
  readonly base: number;
  readonly tags: number;
  readonly changes: readonly (readonly [at: number, value: number])[];
  /** Cut, or padded, to this share of its length, in percent. */
  readonly length: number;
  readonly direction: Direction;
  readonly fromNode: boolean;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  base: fc.nat(BASES.length - 1),
  tags: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 6 }) }),
  changes: fc.array(fc.tuple(fc.integer({ min: 12, max: 110 }), fc.oneof(fc.constantFrom(...TELLING), fc.nat(255))), { maxLength: 4 }),
  length: fc.oneof({ weight: 4, arbitrary: fc.constant(100) }, { weight: 1, arbitrary: fc.integer({ min: 15, max: 130 }) }),
  direction: fc.constantFrom<Direction[]>('ingress', 'egress'),
  fromNode: fc.boolean(),
});

const noise = fc.record({
  bytes: fc.uint8Array({ minLength: 46, maxLength: 200 }),
  type: fc.constantFrom(0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8, 0x8864, 0x8847, 46, 0x88b5),
  direction: fc.constantFrom<Direction[]>('ingress', 'egress'),
});

function mutate({ base, tags, changes, length }: Mutation): Uint8Array {
  const source = BASES[base] ?? new Uint8Array();
  const frame = new Uint8Array(Math.max(16, Math.floor((source.length * length) / 100)));
  frame.set(source.slice(0, frame.length));
  for (const [at, value] of changes) if (at < frame.length) frame[at] = value;
  return runnable(tagged(frame, tags));
}

function tagged(frame: Uint8Array, tags: number): Uint8Array {
  const inserted = Array.from({ length: tags }, (_, index) => [0x81, 0, 0, index + 1]).flat();
  return Uint8Array.from([...frame.slice(0, 12), ...inserted, ...frame.slice(12)]);
}

/** A test run refuses IP frames that end inside the IP header; behind a tag it takes them. */
function runnable(frame: Uint8Array): Uint8Array {
  const type = ((frame[12] ?? 0) << 8) | (frame[13] ?? 0);
  const least = type === 0x0800 ? 34 : type === 0x86dd ? 54 : 14;
  return frame.length >= least ? frame : tagged(frame, 1);
}

const hex = (frame: Uint8Array): string => Buffer.from(frame).toString('hex');

describe('frames that no one would send', needsKernel, () => {
  let kernel: KernelHarness;

  function set(spec: unknown): void {
    kernel.restart();
    kernel.upsert(
      namespace('shop'),
      node('node-1', NODE.slice(0, 2)),
      pod('shop/web', { node: 'node-1', addresses: POD, labels: { app: 'web' } }),
      policy('shop/web', spec),
    );
    kernel.bind('shop/web', EXEMPT.node);
  }

  /** The rows that a frame left would speak for the next. */
  function pass(direction: Direction, frame: Uint8Array, fromNode: boolean): boolean {
    const passed = kernel.pass(direction, frame, { fromNode });
    if (passed) kernel.forget();
    return passed;
  }

  beforeAll(() => {
    kernel = new KernelHarness();
  });
  afterAll(() => kernel.close());

  it('as they are, the base frames pass where they are exempt, and only there', () => {
    set({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    let passed = 0;
    for (const frame of BASES) {
      for (const [direction, fromNode] of [
        ['egress', false],
        ['ingress', false],
        ['ingress', true],
      ] as const) {
        const exemption = exemptionOf(frame, direction, fromNode, EXEMPT);
        expect(pass(direction, frame, fromNode), `${direction}${fromNode ? ' from the node' : ''}: ${hex(frame)}`).toBe(
          exemption !== undefined,
        );
        if (exemption !== undefined) passed += 1;
      }
    }
    expect(passed).toBeGreaterThan(100);
  });

  it('altered, cut and tagged, they pass an isolated pod only where they are exempt', () => {
    set({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    const seen = { frames: 0, passed: 0 };
    fc.assert(
      fc.property(mutation, (change) => {
        const frame = mutate(change);
        const fromNode = change.direction === 'ingress' && change.fromNode;
        const passed = pass(change.direction, frame, fromNode);
        seen.frames += 1;
        if (passed) seen.passed += 1;
        if (passed)
          expect(
            exemptionOf(frame, change.direction, fromNode, EXEMPT),
            `${change.direction}${fromNode ? ' from the node' : ''}: ${hex(frame)}`,
          ).toBeDefined();
      }),
      propertyParameters('altered frames', 40_000),
    );
    process.stderr.write(`altered frames: ${seen.frames} sent, ${seen.passed} passed as exempt\n`);
  });

  it('noise passes an isolated pod only where it is exempt', () => {
    set({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    fc.assert(
      fc.property(noise, ({ bytes, type, direction }) => {
        const frame = runnable(Uint8Array.from([...new Uint8Array(12), type >> 8, type & 255, ...bytes]));
        if (pass(direction, frame, false))
          expect(exemptionOf(frame, direction, false, EXEMPT), `${direction}: ${hex(frame)}`).toBeDefined();
      }),
      propertyParameters('noise', 10_000),
    );
  });

  it.each([
    { name: 'no policy selects', spec: { podSelector: { matchLabels: { app: 'other' } } } },
    {
      name: 'some rules select',
      spec: {
        podSelector: {},
        policyTypes: ['Ingress', 'Egress'],
        ingress: [{ ports: [{ port: 80 }] }],
        egress: [{ to: [{ ipBlock: { cidr: '::/0' } }] }],
      },
    },
  ])('at a pod that $name they pass or are dropped, and nothing else', ({ name, spec }) => {
    set(spec);
    fc.assert(
      fc.property(mutation, (change) => {
        kernel.pass(change.direction, mutate(change), { fromNode: change.fromNode });
      }),
      propertyParameters(`altered frames where ${name}`, 10_000),
    );
  });
});
