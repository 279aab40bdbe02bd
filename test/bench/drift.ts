/**
 * `node test/bench/drift.ts [ROUNDS]`: how long a comparison with the kernel's maps takes, and how long it holds up whatever else wants to run, where all is
 * as it should be, and where 100,000 rows are missing.
 */

import { KernelDatapath } from '../../src/datapath/kernel.ts';
import { MAPPED } from '../../src/model/ip.ts';
import type { Operation, PutOperation } from '../../src/model/plan.ts';
import { DesiredList } from '../datapath/support/desired-list.ts';
import { BpfFolder } from '../native/support/bpf-folder.ts';

const ROUNDS = Number(process.argv[2] ?? 3);
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

/** Milliseconds of its own work for which the event loop was held, at most: what else runs on the machine does not count. */
async function worstPiece(act: () => Promise<unknown>): Promise<number> {
  let [running, worst] = [true, 0];
  let last = process.threadCpuUsage();
  const tick = (): void => {
    const { user, system } = process.threadCpuUsage(last);
    worst = Math.max(worst, (user + system) / 1000);
    last = process.threadCpuUsage();
    if (running) setImmediate(tick);
  };
  setImmediate(tick);
  await act();
  running = false;
  return worst;
}

using folder = new BpfFolder();
const datapath = await KernelDatapath.open({ bpfRoot: folder.path });
datapath.apply(wanted);
const desired = new DesiredList(wanted, datapath.generation);
for (let round = 0; round < ROUNDS; round += 1) {
  for (const missing of [0, MISSING]) {
    if (missing > 0)
      datapath.apply(
        addresses
          .slice(0, missing)
          .flatMap((put): Operation[] => (put.op === 'put-address' ? [{ op: 'delete-address', address: put.address }] : [])),
      );
    let took = 0;
    const piece = await worstPiece(async () => {
      const report = await datapath.verify(desired, true);
      took = report.durationMs;
      const repaired = report.compared.reduce((sum, line) => sum + line.repaired, 0);
      if (repaired !== missing) throw new Error(`${repaired} rows were repaired, not ${missing}`);
    });
    console.log(
      `${String(missing).padStart(6)} missing: ${took.toFixed(0).padStart(5)} ms, at most ${piece.toFixed(1).padStart(5)} ms in one piece`,
    );
  }
}
datapath.close();
