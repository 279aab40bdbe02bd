/**
 * `node test/bench/drift.ts [ROUNDS]`: how long a comparison with the kernel's maps takes, and how long it holds up whatever else wants to run, where all is
 * as it should be, and where 100,000 rows are missing. In processor time.
 */

import { KernelDatapath } from '../../src/datapath/kernel.ts';
import { MAPPED } from '../../src/model/ip.ts';
import type { Operation, PutOperation } from '../../src/model/plan.ts';
import { DesiredList } from '../datapath/support/desired-list.ts';
import { BpfFolder } from '../native/support/bpf-folder.ts';
import { threadTime } from './thread-clock.ts';

const ROUNDS = Number(process.argv[2] ?? 9);
const MISSING = 100_000;

const rows = <Each>(amount: number, make: (index: number) => Each): Each[] => Array.from({ length: amount }, (_, index) => make(index));

const addresses = rows(120_000, (index): PutOperation => ({
  op: 'put-address',
  address: MAPPED.address + BigInt(0x0a000000 + index * 7),
  identity: 1 + (index % 1000),
  ownNode: false,
}));
const pairs = rows(60_000, (index): PutOperation => ({
  op: 'put-pair',
  ruleset: 1 + (index % 60),
  identity: 1 + Math.floor(index / 60),
  ref: { portSet: 2, lengths: 1 },
}));
const ports = rows(400, (id): PutOperation => ({
  op: 'put-port-set',
  portSet: { id: id + 2, rows: rows(50, (index) => ({ protocol: 6, port: 1000 + index, length: 16, verdict: 'allow' }) as const) },
}));
const prefixes = rows(20_000, (index): PutOperation => ({
  op: 'put-prefix',
  prefix: { address: MAPPED.address + BigInt(0xc0000000 + index * 256), length: 120 },
  identity: 1 + (index % 1000),
}));
const wanted: PutOperation[] = [{ op: 'put-prefix', prefix: MAPPED, identity: 0 }, ...ports, ...pairs, ...addresses, ...prefixes];

/** Milliseconds of work in one piece, at most. */
async function worstPiece(act: () => Promise<unknown>): Promise<number> {
  let [running, last, worst] = [true, threadTime(), 0];
  const tick = (): void => {
    worst = Math.max(worst, threadTime() - last);
    last = threadTime();
    if (running) setImmediate(tick);
  };
  setImmediate(tick);
  await act();
  running = false;
  return worst;
}

interface Round {
  readonly took: number;
  readonly piece: number;
}

async function compare(missing: number): Promise<Round> {
  datapath.apply(removals.slice(0, missing));
  const since = threadTime();
  const piece = await worstPiece(async () => {
    const report = await datapath.verify(desired, true);
    const repaired = report.compared.reduce((sum, line) => sum + line.repaired, 0);
    if (repaired !== missing) throw new Error(`${repaired} rows were repaired, not ${missing}`);
  });
  return { took: threadTime() - since, piece };
}

/** Lowest, median and highest: whatever else the machine does only adds. */
function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  return [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)].map((value) => (value ?? 0).toFixed(1).padStart(8)).join('');
}

using folder = new BpfFolder();
const datapath = await KernelDatapath.open({ bpfRoot: folder.path });
datapath.apply(wanted);
const desired = new DesiredList(wanted, datapath.generation);
const removals = addresses.flatMap((put): Operation[] =>
  put.op === 'put-address' ? [{ op: 'delete-address', address: put.address }] : [],
);

const rounds: { none: Round; many: Round }[] = [];
for (let round = 0; round < ROUNDS; round += 1) rounds.push({ none: await compare(0), many: await compare(MISSING) });
console.log(`${'ms, of rounds:'.padEnd(30)}  lowest  median highest`);
for (const [name, of] of [
  ['nothing differs', 'none'],
  [`${MISSING} rows are missing`, 'many'],
] as const) {
  console.log(`${name.padEnd(24)} whole${spread(rounds.map((round) => round[of].took))}`);
  console.log(`${''.padEnd(24)} piece${spread(rounds.map((round) => round[of].piece))}`);
}
datapath.close();
