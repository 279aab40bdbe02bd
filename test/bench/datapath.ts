/**
 * `npm run bench:datapath`: nanoseconds of the program's body for each kind of packet, with an empty program behind the same driver subtracted. All cases
 * run interleaved in one process; the minimum of the rounds is reported, since everything else on the machine only ever adds.
 */

import * as native from '../../native/index.js';
import { u32 } from '../../src/datapath/layout.ts';
import { closePrograms } from '../../src/datapath/load-programs.ts';
import { CASES, type Case, type Variation } from './cases.ts';
import { loadDriver } from './compile-driver.ts';
import { makeWorld, manyPolicies } from './world.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 9);
const REPEAT = Number(process.env['REPEAT'] ?? 400_000);
/** What the anchor costs on the machine on which the goals were set. */
const ANCHOR_NS = 24;

const few = makeWorld([]);
const many = makeWorld(manyPolicies());

const driver = loadDriver();

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

const found = measure(CASES);
const value = (name: string): number => found.get(CASES.find((each) => each.name.startsWith(name)) as Case) ?? 0;
const verified = Object.entries(few.programs.object.programs).map(([name, program]) => `${name} ${program.verifiedInstructions}`);
console.log(
  `body of the program in ns, base subtracted; minimum of ${ROUNDS} interleaved rounds; instructions verified: ${verified.join(', ')}`,
);
console.log(`scaled: as on the machine of the goals, where the anchor costs ${ANCHOR_NS} ns\n`);
console.log(`${''.padEnd(54)}    ns  scaled  goal`);
for (const each of CASES) {
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
