/** A run says of each row of the semantics whether its proofs passed in it. */

import { describe, expect, it } from 'vitest';
import { describeRows } from '../support/proven-rows.ts';
import type { ConformanceCase } from './case.ts';
import { findUnproven, proofsOf, type RanTest } from './rows/proofs.ts';
import type { Row } from './rows/row.ts';

const CASE: ConformanceCase = { name: 'the pod to itself', pods: ['x/a'], ports: ['80/TCP'], steps: [] };
const UNSHOWN: ConformanceCase = { ...CASE, name: 'a name twice', notInPackets: 'no such pods' };
const KNOCK: ConformanceCase = { ...CASE, name: 'Services: by backend' };

const ROWS: readonly Row[] = [
  { case: 'itself', verdict: 'allowed', cases: [CASE.name, UNSHOWN.name], upstream: [7] },
  {
    case: 'Services',
    verdict: 'by backend',
    cases: [KNOCK.name],
    tests: [{ file: 'e2e/services.test.ts', names: ['its backend', 'its port'] }],
  },
  { case: 'ARP', verdict: 'own address', tests: [{ file: 'bpf/arp.test.ts' }] },
];
const PROOFS = proofsOf(ROWS, { plain: [CASE, UNSHOWN], services: [KNOCK] });

const passed = (file: string, name: string): RanTest => ({ file, name, state: 'passed' });
const JUDGES = ['oracle', 'compiled'].flatMap((judge) =>
  ['on the row: the pod to itself', 'on the row: a name twice', 'on the row: Services: by backend', ': 7 should enforce'].map((name) =>
    passed(`conformance/${judge}.test.ts`, `the judge > agrees ${name}`.replace('agrees :', 'agrees:')),
  ),
);
const ALL: readonly RanTest[] = [
  ...JUDGES,
  passed('conformance/packets.lab.test.ts', 'packets > agree on the row: the pod to itself'),
  passed('conformance/packets.lab.test.ts', 'packets > agree: 7 should enforce'),
  passed('conformance/services.lab.test.ts', 'packets > agree on the row: Services: by backend'),
  passed('e2e/services.test.ts', 'a Service > is judged by its backend and its port'),
  passed('bpf/arp.test.ts', 'ARP > passes with its own address'),
];
const without = (name: string): readonly RanTest[] => ALL.filter((test) => !test.name.includes(name));
const instead = (name: string, change: Partial<RanTest>): readonly RanTest[] =>
  ALL.map((test) => (test.name.includes(name) ? { ...test, ...change } : test));
const told = (ran: readonly RanTest[], whole = true): readonly string[] =>
  findUnproven(PROOFS, ran, whole).map(
    ({ proof, why, reason }) => `${proof.row}: ${proof.file} ${why}${reason === undefined ? '' : `: ${reason}`}`,
  );

describe('the proofs of the rows', () => {
  it('are given where every test passed', () => {
    expect(told(ALL)).toEqual([]);
    expect(describeRows(ROWS, PROOFS.length, [], true)).toEqual({
      lines: [`All 3 rows of the semantics are proven, by ${PROOFS.length} proofs.`],
      failed: false,
    });
    expect(describeRows(ROWS, PROOFS.length, [], false).lines).toEqual([]);
  });

  it('are missing where a test or a file is gone, and that fails the run', () => {
    expect(told(without('its port'))).toEqual(['Services: e2e/services.test.ts missing', 'Services: e2e/services.test.ts missing']);
    expect(told(without('ARP >'))).toEqual(['ARP: bpf/arp.test.ts missing']);
    expect(told(without('packets > agree: 7'))).toEqual(['itself: conformance/packets.lab.test.ts missing']);
    expect(describeRows(ROWS, 9, findUnproven(PROOFS, without('ARP >'), true), true)).toMatchObject({ failed: true });
  });

  it('are not asked for of files that a smaller run does not hold', () => {
    const some = ALL.filter(({ file }) => file.startsWith('e2e/'));
    expect(told(some, false)).toEqual([]);
    expect(told(instead('its backend', { name: 'something else' }), false)).toHaveLength(2);
  });

  it('are told where a test was left out, which fails the run unless it says why', () => {
    const excused = instead('ARP >', { state: 'skipped', reason: 'needs root' });
    expect(told(excused)).toEqual(['ARP: bpf/arp.test.ts left out: needs root']);
    expect(describeRows(ROWS, 9, findUnproven(PROOFS, excused, true), true)).toMatchObject({ failed: false });
    expect(told([...excused, passed('bpf/arp.test.ts', 'ARP > too')])).toEqual([]);
    const silent = instead('ARP >', { state: 'skipped' });
    expect(told([...silent, passed('bpf/arp.test.ts', 'ARP > too')])).toEqual(['ARP: bpf/arp.test.ts left out without a reason']);
    expect(told(silent)).toEqual(['ARP: bpf/arp.test.ts left out without a reason']);
    expect(describeRows(ROWS, 9, findUnproven(PROOFS, silent, true), true)).toMatchObject({ failed: true });
  });

  it('are told where a test failed', () => {
    expect(told(instead('ARP >', { state: 'failed' }))).toEqual(['ARP: bpf/arp.test.ts failed']);
  });
});
