/** A whole comparison: rows, then settings, then what is attached; and what follows from repairs. */

import type { DriftReport } from '../model/drift.ts';
import { Findings } from './findings.ts';
import { Pacer } from './pacer.ts';
import type { DesiredState } from './port.ts';
import { verifyHooks, type HookInspector } from './verify-hooks.ts';
import { verifyRows, type RowStore } from './verify-rows.ts';

/** A single value beside the tables. */
export interface Setting {
  readonly name: string;
  readonly expected: number;
  readonly found: number;
  mend(): void;
}

export interface Verified {
  readonly store: RowStore;
  readonly hooks: HookInspector;
  /** Asked once nothing waits to be applied. */
  settings(): readonly Setting[];
}

export async function verifyDatapath(verified: Verified, desired: DesiredState, repair: boolean): Promise<DriftReport> {
  const { store, hooks } = verified;
  const pacer = new Pacer();
  const findings = new Findings();
  let repaired = await verifyRows({ store, desired, repair, pacer, findings });
  for (const setting of verified.settings()) {
    findings.count('settings', 1);
    if (setting.expected === setting.found) continue;
    if (repair) setting.mend();
    repaired += Number(repair);
    findings.add({
      what: 'settings',
      kind: 'changed',
      where: setting.name,
      expected: String(setting.expected),
      found: String(setting.found),
      repaired: repair,
    });
  }
  const reopened = await verifyHooks({ hooks, desired, repair, pacer, findings });
  if (reopened.size > 0) desired.ranOpen(reopened);
  if (repaired > 0) desired.judgeAgain();
  if (repaired > 0 || reopened.size > 0) desired.settle();
  const { compared, drifts } = findings;
  return { compared, drifts, ...pacer.times };
}
