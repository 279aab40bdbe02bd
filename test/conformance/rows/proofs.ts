/** Which tests prove the rows of the semantics, by file and name, and which of them a run has not shown. */

import type { ConformanceCase } from '../case.ts';
import type { Row } from './row.ts';

/** `file` is under `test/`; `name`: a part of a test's full name, absent where the whole file is the proof. */
export interface Proof {
  readonly row: string;
  readonly file: string;
  readonly name?: string;
}

export interface RanTest {
  /** Under `test/`. */
  readonly file: string;
  /** With the names of its suites. */
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  /** Why it was left out; absent where nobody says. */
  readonly reason?: string;
}

/** `left out`: no test of that name ran, for a reason that they give. One that gives none is too many, also beside others that passed. */
export interface Unproven {
  readonly proof: Proof;
  readonly why: 'missing' | 'failed' | 'left out' | 'left out without a reason';
  readonly reason?: string;
}

/** Where the cases of the semantics stand: those about Services have a lab of their own. */
export interface CaseSets {
  readonly plain: readonly ConformanceCase[];
  readonly services: readonly ConformanceCase[];
}

const TABLE_JUDGES = ['conformance/oracle.test.ts', 'conformance/compiled.test.ts'];
const PACKETS = 'conformance/packets.lab.test.ts';
const SERVICE_PACKETS = 'conformance/services.lab.test.ts';

export function proofsOf(rows: readonly Row[], { plain, services }: CaseSets): readonly Proof[] {
  const inPackets = new Map([
    ...plain.map((each) => [each.name, each.notInPackets === undefined ? PACKETS : undefined] as const),
    ...services.map((each) => [each.name, SERVICE_PACKETS] as const),
  ]);
  const byCase = (row: string, name: string): readonly Proof[] => {
    const packets = inPackets.get(name);
    const files = packets === undefined ? TABLE_JUDGES : [...TABLE_JUDGES, packets];
    return files.map((file) => ({ row, file, name: caseTitle(name) }));
  };
  return rows.flatMap(({ case: row, cases = [], upstream = [], tests = [] }) => [
    ...cases.flatMap((name) => byCase(row, name)),
    ...upstream.flatMap((number) => [...TABLE_JUDGES, PACKETS].map((file) => ({ row, file, name: upstreamTitle(number) }))),
    ...tests.flatMap(({ file, names }) => (names === undefined ? [{ row, file }] : names.map((name) => ({ row, file, name })))),
  ]);
}

/** `whole`: every test file was in the run, so a proof whose file was not is missing; else it is passed over. */
export function findUnproven(proofs: readonly Proof[], ran: readonly RanTest[], whole: boolean): readonly Unproven[] {
  const byFile = Map.groupBy(ran, ({ file }) => file);
  return proofs.flatMap((proof): readonly Unproven[] => {
    const tests = byFile.get(proof.file);
    if (tests === undefined) return whole ? [{ proof, why: 'missing' }] : [];
    const { name } = proof;
    return judge(
      proof,
      tests.filter((test) => name === undefined || test.name.includes(name)),
    );
  });
}

function judge(proof: Proof, tests: readonly RanTest[]): readonly Unproven[] {
  if (tests.length === 0) return [{ proof, why: 'missing' }];
  if (tests.some(({ state }) => state === 'failed')) return [{ proof, why: 'failed' }];
  const leftOut = tests.filter(({ state }) => state === 'skipped');
  if (leftOut.some(({ reason }) => reason === undefined)) return [{ proof, why: 'left out without a reason' }];
  const reason = leftOut[0]?.reason;
  return leftOut.length < tests.length || reason === undefined ? [] : [{ proof, why: 'left out', reason }];
}

/** How the tests of the three judges are called: the end, and the beginning after `agree: ` or `agrees: `. */
function caseTitle(name: string): string {
  return `on the row: ${name}`;
}

function upstreamTitle(number: number): string {
  return `: ${number} should `;
}
