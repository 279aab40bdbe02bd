/**
 * `npm run bench:datapath`: nanoseconds of the program's body for each kind of packet, with an empty program behind the same driver subtracted. All cases
 * run interleaved in one process; the minimum of the rounds is reported, since everything else on the machine only ever adds.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as native from '../../native/index.js';
import { parseAddress } from '../../src/model/ip.ts';
import type { EndpointConfig, Operation, PortSetRef } from '../../src/model/plan.ts';
import { CONFIG_OPEN } from '../../src/model/plan.ts';
import { KernelMaps } from '../../src/datapath/kernel-maps.ts';
import { LAYOUT, u32 } from '../../src/datapath/layout.ts';
import { closePrograms, loadPrograms, type LoadedPrograms } from '../../src/datapath/load-programs.ts';
import { ethernet, ipv4, ipv6 } from '../support/builders/frames.ts';
import { tcp, udp } from '../support/builders/segments.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 9);
const REPEAT = Number(process.env['REPEAT'] ?? 400_000);
const PEERS = 16_384;
const IDENTITIES = 4096;
/** What the anchor costs on the machine on which the goals were set. */
const ANCHOR_NS = 24;
const [POD, POD6] = ['10.1.0.2', 'fd00:1::2'];
/** 10.128.0.0 onwards: peers by number. */
const peer = (index: number): bigint => parseAddress('10.128.0.0') + BigInt(index);

interface Variation {
  readonly portOffset?: number;
  readonly portMask?: number;
  readonly peerOffset?: number;
  readonly peerMask?: number;
  readonly sequential?: boolean;
}

interface Case {
  readonly name: string;
  /** Upper limit in nanoseconds above the base. */
  readonly goal: number | undefined;
  /** `anchor`: the least that such a packet can cost, of the driver's object. */
  readonly program: 'from_pod' | 'to_pod' | 'anchor';
  readonly frame: Uint8Array;
  readonly word: { readonly config: number; readonly generation: number };
  readonly vary?: Variation;
  /** Run before it is measured, so that its flows are there. */
  readonly warm?: number;
  readonly repeat?: number;
  /** In the world of very many policies. */
  readonly many?: boolean;
  /** Begin with an empty conntrack table. */
  readonly empty?: boolean;
  readonly passes: boolean;
  readonly peers?: readonly bigint[];
}

/* The world: an endpoint in several configurations, 16k peers in 4k identities, and rows for very many policies. */

const NONE: PortSetRef = { portSet: 0, lengths: 0 };
const ALL: PortSetRef = { portSet: 1, lengths: 0 };
const WEB: PortSetRef = { portSet: 2, lengths: 1 << 16 };
const open = { ruleset: 0, stranger: ALL, defaultVerdict: 'allow' } as const;
const closed = (ruleset: number): EndpointConfig['ingress'] => ({ ruleset, stranger: NONE, defaultVerdict: 'deny' });
const config = (ingress: EndpointConfig['ingress'], egress: EndpointConfig['ingress']): EndpointConfig => ({
  endpoint: 1,
  ingress,
  egress,
  ipv4: parseAddress(POD),
  ipv6: parseAddress(POD6),
  sourceCheck: true,
  held: false,
  takeOverUntil: 0n,
  counters: 1,
});
const UNISOLATED = 2;
const ISOLATED = 3;

function pairsOf(ruleset: number): Operation[] {
  return Array.from({ length: IDENTITIES }, (_, index) => ({ op: 'put-pair', ruleset, identity: index + 1, ref: WEB }) as const);
}

/** Rows as 10,000 policies leave them on a node of 250 pods: 500 rulesets of 20 peer lists, each with 10 identities. The endpoint's own stay what they are. */
function manyPolicies(): Operation[] {
  return Array.from({ length: 500 }, (_, ruleset) =>
    Array.from(
      { length: 200 },
      (__, index) =>
        ({ op: 'put-pair', ruleset: 100 + ruleset, identity: 1 + ((ruleset * 37 + index * 19) % IDENTITIES), ref: WEB }) as const,
    ),
  ).flat();
}

interface World {
  readonly programs: LoadedPrograms;
  readonly maps: KernelMaps;
}

function makeWorld(others: readonly Operation[]): World {
  const programs = loadPrograms();
  const maps = new KernelMaps(programs.object.maps);
  maps.runtime[LAYOUT.runtime.jiffies_per_second[0] / 4] = 250;
  maps.apply([
    {
      op: 'put-port-set',
      portSet: {
        id: 2,
        rows: [
          { protocol: 6, port: 80, length: 16, verdict: 'allow' },
          { protocol: 17, port: 53, length: 16, verdict: 'allow' },
        ],
      },
    },
    // Half before the endpoint's own rows and half after, as they come in life.
    ...others.slice(0, others.length / 2),
    ...pairsOf(10),
    ...pairsOf(11),
    ...others.slice(others.length / 2),
    ...Array.from(
      { length: PEERS },
      (_, index) => ({ op: 'put-address', address: peer(index), identity: 1 + (index % IDENTITIES), ownNode: false }) as const,
    ),
    { op: 'put-address', address: parseAddress('fd00:2::1'), identity: 1, ownNode: false },
    { op: 'put-address', address: parseAddress('10.192.0.1'), identity: 5000, ownNode: false },
    { op: 'put-config', id: UNISOLATED, config: config(open, open) },
    { op: 'put-config', id: ISOLATED, config: config(closed(10), closed(11)) },
  ]);
  return { programs, maps };
}

const few = makeWorld([]);
const many = makeWorld(manyPolicies());

/* Frames. Ethernet 14, IPv4 20, IPv6 40 bytes. */

const PEER = '10.128.0.1';
const out4 = (segment: Parameters<typeof ipv4>[1], destination = PEER): Uint8Array =>
  ethernet({}, ipv4({ source: POD, destination }, segment));
const in4 = (segment: Parameters<typeof ipv4>[1], source = PEER): Uint8Array => ethernet({}, ipv4({ source, destination: POD }, segment));
const payload = new Uint8Array(32);
const ack = (source: number, destination: number): Parameters<typeof ipv4>[1] =>
  tcp({ source, destination, flags: ['ack'], data: payload });
const syn = (source: number, destination: number): Parameters<typeof ipv4>[1] => tcp({ source, destination, flags: ['syn'] });

const OPEN_WORD = { config: CONFIG_OPEN, generation: 7 };
const UNISOLATED_WORD = { config: UNISOLATED, generation: 7 };
const ISOLATED_WORD = { config: ISOLATED, generation: 7 };
/** Source port of an IPv4 or IPv6 segment, and the last four bytes of the destination or source. */
const AT = { sport4: 34, dport4: 36, sport6: 54, source4: 26, destination4: 30 };

const newFlow = out4(udp({ source: 40000, destination: 53, data: payload }));
const ALWAYS_NEW: Variation = { portOffset: AT.sport4, portMask: 0x7fff, peerOffset: AT.destination4, peerMask: 0xff, sequential: true };

const cases: readonly Case[] = [
  {
    name: 'anchor: least established flow, IPv4',
    goal: undefined,
    program: 'anchor',
    frame: out4(ack(40000, 80)),
    word: OPEN_WORD,
    warm: 2,
    passes: true,
  },
  {
    name: 'anchor: the same, 4,096 flows',
    goal: undefined,
    program: 'anchor',
    frame: out4(ack(40000, 80)),
    word: OPEN_WORD,
    vary: { portOffset: AT.sport4, portMask: 0xfff },
    warm: 60_000,
    passes: true,
  },
  { name: 'no policy in the cluster, out', goal: 2, program: 'from_pod', frame: out4(ack(40000, 80)), word: OPEN_WORD, passes: true },
  { name: 'no policy in the cluster, in', goal: 2, program: 'to_pod', frame: in4(ack(80, 40000)), word: OPEN_WORD, passes: true },
  {
    name: 'pod not selected, out (source check)',
    goal: 12,
    program: 'from_pod',
    frame: out4(ack(40000, 80)),
    word: UNISOLATED_WORD,
    passes: true,
  },
  {
    name: 'pod not selected, out, IPv6',
    goal: 12,
    program: 'from_pod',
    frame: ethernet({}, ipv6({ source: POD6, destination: 'fd00:2::1' }, ack(40000, 80))),
    word: UNISOLATED_WORD,
    passes: true,
  },
  { name: 'pod not selected, in', goal: 12, program: 'to_pod', frame: in4(ack(80, 40000)), word: UNISOLATED_WORD, passes: true },
  {
    name: 'established, out, one flow',
    goal: 30,
    program: 'from_pod',
    frame: out4(ack(40000, 80)),
    word: ISOLATED_WORD,
    warm: 2,
    passes: true,
  },
  { name: 'established, in, one flow', goal: 30, program: 'to_pod', frame: in4(ack(80, 40000)), word: ISOLATED_WORD, passes: true },
  {
    name: 'established, out, UDP',
    goal: 30,
    program: 'from_pod',
    frame: out4(udp({ source: 40000, destination: 53, data: payload })),
    word: ISOLATED_WORD,
    warm: 2,
    passes: true,
  },
  {
    name: 'established, out, 4,096 flows',
    goal: 45,
    program: 'from_pod',
    frame: out4(ack(40000, 80)),
    word: ISOLATED_WORD,
    vary: { portOffset: AT.sport4, portMask: 0xfff },
    warm: 60_000,
    passes: true,
  },
  {
    name: 'established, in, 4,096 flows',
    goal: 45,
    program: 'to_pod',
    frame: in4(ack(80, 40000)),
    word: ISOLATED_WORD,
    vary: { portOffset: AT.dport4, portMask: 0xfff },
    passes: true,
  },
  {
    name: 'established, out, IPv6',
    goal: 40,
    program: 'from_pod',
    frame: ethernet({}, ipv6({ source: POD6, destination: 'fd00:2::1' }, ack(40000, 80))),
    word: ISOLATED_WORD,
    warm: 2,
    passes: true,
  },
  {
    name: 'established, in, IPv6',
    goal: 40,
    program: 'to_pod',
    frame: ethernet({}, ipv6({ source: 'fd00:2::1', destination: POD6 }, ack(80, 40000))),
    word: ISOLATED_WORD,
    passes: true,
  },
  {
    name: 'denied, unknown peer',
    goal: 80,
    program: 'to_pod',
    frame: in4(syn(40000, 80), '203.0.113.9'),
    word: ISOLATED_WORD,
    passes: false,
  },
  {
    name: 'denied, known peer, no rule',
    goal: 80,
    program: 'to_pod',
    frame: in4(syn(40000, 80), '10.192.0.1'),
    word: ISOLATED_WORD,
    passes: false,
  },
  { name: 'denied, port not listed', goal: undefined, program: 'to_pod', frame: in4(syn(40000, 81)), word: ISOLATED_WORD, passes: false },
  {
    name: 'denied, no row, not a SYN',
    goal: undefined,
    program: 'to_pod',
    frame: in4(ack(40000, 80), '203.0.113.9'),
    word: ISOLATED_WORD,
    passes: false,
  },
  { name: 'new flow judged, one peer', goal: undefined, program: 'to_pod', frame: in4(syn(40000, 80)), word: ISOLATED_WORD, passes: true },
  {
    name: 'new flow judged, 16k addresses, 4k identities',
    goal: 200,
    program: 'to_pod',
    frame: in4(syn(40000, 80)),
    word: ISOLATED_WORD,
    vary: { peerOffset: AT.source4, peerMask: PEERS - 1 },
    passes: true,
  },
  {
    name: 'the same beside the rows of 10,000 policies',
    goal: 200,
    many: true,
    program: 'to_pod',
    frame: in4(syn(40000, 80)),
    word: ISOLATED_WORD,
    vary: { peerOffset: AT.source4, peerMask: PEERS - 1 },
    passes: true,
  },
  {
    name: 'new flow with its conntrack row, table with room',
    goal: 520,
    program: 'from_pod',
    frame: newFlow,
    word: ISOLATED_WORD,
    vary: ALWAYS_NEW,
    empty: true,
    repeat: 100_000,
    passes: true,
  },
  {
    name: 'new flow with its conntrack row, table full',
    goal: undefined,
    program: 'from_pod',
    frame: newFlow,
    word: ISOLATED_WORD,
    vary: ALWAYS_NEW,
    warm: 200_000,
    repeat: 100_000,
    passes: true,
  },
];

/* Measuring. */

const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
const driverObject = join(folder, 'driver.bpf.o');
const machine = process.arch === 'x64' ? 'x86_64' : 'aarch64';
const source = fileURLToPath(new URL('driver.bpf.c', import.meta.url));
execFileSync('clang', ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', `-I/usr/include/${machine}-linux-gnu`, '-c', source, '-o', driverObject]);
const driver = native.loadObject(readFileSync(driverObject), { name: 'driver' });
rmSync(folder, { recursive: true });

function fdOf(object: native.LoadedObject, name: string): native.Fd {
  const found = object.programs[name] ?? object.maps[name];
  if (found === undefined) throw new Error(`no ${name}`);
  return found.fd;
}

function aim(program: native.Fd, vary: Variation = {}): void {
  native.mapPut(fdOf(driver, 'target'), u32(0), u32(program));
  const value = new Uint8Array(32);
  const view = new DataView(value.buffer);
  [vary.portOffset ?? 0, vary.portMask ?? 0, vary.peerOffset ?? 0, vary.peerMask ?? 0, vary.sequential === true ? 1 : 0].forEach(
    (word, index) => view.setUint32(index * 4, word, true),
  );
  view.setBigUint64(24, vary.sequential === true ? sequence : 0x9e3779b97f4a7c15n, true);
  native.mapPut(fdOf(driver, 'variation'), u32(0), value);
}

/** Sequential tuples go on where the last run ended, so that none repeats. */
let sequence = 1n;

/** Mean nanoseconds of one run of the driver with `program` behind it. */
function time(program: native.Fd, each: Case, repeat: number): number {
  aim(program, each.vary);
  const { returnValue, duration } = testRun(each.frame, repeat);
  if (each.vary?.sequential === true) sequence += BigInt(repeat);
  const passed = returnValue === 0xffffffff;
  if (program !== fdOf(driver, 'empty') && passed !== each.passes) throw new Error(`${each.name}: ${passed ? 'passed' : 'was dropped'}`);
  return duration;
}

/** A long run is given up when anything wakes this thread (the collector's helpers do): then it is begun again. */
function testRun(data: Uint8Array, repeat: number): native.TestRunResult {
  for (;;) {
    try {
      return native.testRun(fdOf(driver, 'drive'), { data, repeat });
    } catch (error) {
      if ((error as { code?: string }).code !== 'EINTR') throw error;
    }
  }
}

function prepare(each: Case): native.Fd {
  const { programs, maps } = each.many === true ? many : few;
  const program = fdOf(each.program === 'anchor' ? driver : programs.object, each.program);
  maps.apply([{ op: 'set-endpoint', ifindex: 1, word: each.word }]);
  if (each.empty === true) {
    const { keys, count } = native.mapDump(maps.fd('conntrack'));
    if (count > 0) native.mapDeleteBatch(maps.fd('conntrack'), keys, count);
  }
  if (each.warm !== undefined) time(program, each, each.warm);
  return program;
}

function measure(selected: readonly Case[]): Map<Case, number> {
  const best = new Map<Case, { base: number; with: number }>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const each of selected) {
      const program = prepare(each);
      const repeat = each.repeat ?? REPEAT;
      const base = time(fdOf(driver, 'empty'), each, repeat);
      const full = time(program, each, repeat);
      const before = best.get(each);
      best.set(each, { base: Math.min(base, before?.base ?? Infinity), with: Math.min(full, before?.with ?? Infinity) });
    }
  }
  return new Map([...best].map(([each, { base, with: full }]) => [each, full - base]));
}

const found = measure(cases);
const value = (name: string): number => found.get(cases.find((each) => each.name.startsWith(name)) as Case) ?? 0;
const verified = Object.entries(few.programs.object.programs).map(([name, program]) => `${name} ${program.verifiedInstructions}`);
console.log(
  `body of the program in ns, base subtracted; minimum of ${ROUNDS} interleaved rounds; instructions verified: ${verified.join(', ')}`,
);
console.log(`scaled: as on the machine of the goals, where the anchor costs ${ANCHOR_NS} ns\n`);
console.log(`${''.padEnd(54)}    ns  scaled  goal`);
for (const each of cases) {
  const scaled = Math.round((value(each.name) * ANCHOR_NS) / value('anchor: least'));
  const goal = each.goal === undefined ? '' : `${String(each.goal).padStart(4)}  ${scaled <= each.goal ? 'met' : 'MISSED'}`;
  console.log(`${each.name.padEnd(54)} ${String(value(each.name)).padStart(5)}   ${String(scaled).padStart(5)}  ${goal}`);
}
const ratio = value('the same beside') / value('new flow judged, 16k');
console.log(
  `${'10,000 policies against 10, ratio'.padEnd(54)} ${ratio.toFixed(2).padStart(5)}           1.1  ${ratio <= 1.1 ? 'met' : 'MISSED'}`,
);
for (const { programs } of [few, many]) closePrograms(programs.object);
closePrograms(driver);
