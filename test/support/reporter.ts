/** Ends a test run: what was left out and why, whether the semantics were proven, then one plain line with the counts. In CI whatever is left out is a failure. */

import { writeSync } from 'node:fs';
import type { SerializedError } from 'vitest';
import type { Reporter, TestCase, TestModule, TestSuite, Vitest } from 'vitest/node';
import type { RanTest } from '../conformance/rows/proofs.ts';
import { reportRows, type ProvenRows } from './proven-rows.ts';
import { kernelObstacle } from './requires.ts';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export interface ClosingOptions {
  /** The tests are those that prove the rows of the semantics. Default true. */
  readonly provesRows?: boolean;
}

export class ClosingReporter implements Reporter {
  readonly #provesRows: boolean;
  readonly #strict = process.env['CI'] === 'true';
  #lines: readonly string[] = [];
  #failed = false;
  #vitest: Vitest | undefined;

  constructor({ provesRows = true }: ClosingOptions = {}) {
    this.#provesRows = provesRows;
    // Whatever else is still printed, by other reporters too, comes before the process ends.
    process.once('exit', () => {
      if (this.#lines.length > 0) writeSync(1, `${this.#lines.join('\n')}\n`);
      if (this.#failed) process.exitCode = 1;
    });
  }

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  async onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): Promise<void> {
    const counts = countTests(modules, unhandledErrors);
    const leftOut = listLeftOut(modules);
    const heading = this.#strict ? 'Left out, which fails the run in CI:' : 'Left out:';
    const left = leftOut.length > 0 ? [heading, ...leftOut.map((line) => `  ${line}`), ''] : [];
    // Should the rows not be read, the counts are told all the same.
    this.#lines = [...left, closingLine(counts)];
    this.#failed = true;
    const rows = await this.#provenRows(modules);
    this.#failed = counts.failed > 0 || (this.#strict && counts.skipped > 0) || rows.failed;
    this.#lines = [...left, ...rows.lines, closingLine(counts)];
  }

  /** Nothing is asked where tests were picked by name: the others prove nothing, and nobody expects it. */
  async #provenRows(modules: readonly TestModule[]): Promise<ProvenRows> {
    const vitest = this.#vitest;
    if (!this.#provesRows || vitest === undefined || vitest.config.testNamePattern !== undefined) return { lines: [], failed: false };
    const ran = new Set(modules.map(({ moduleId }) => moduleId));
    const files = await vitest.globTestSpecifications();
    const whole = (vitest.config.project ?? []).length === 0 && files.every(({ moduleId }) => ran.has(moduleId));
    return reportRows(modules.flatMap(readModule), whole);
  }
}

function readModule(module: TestModule): readonly RanTest[] {
  const file = module.relativeModuleId.replace(/^test\//, '');
  return [...module.children.allTests()].map((test): RanTest => {
    const name = test.fullName;
    if (test.result().state === 'passed') return { file, name, state: 'passed' };
    if (!isLeftOut(test)) return { file, name, state: 'failed' };
    const reason = knownReason(test);
    return { file, name, state: 'skipped', ...(reason === undefined ? {} : { reason }) };
  });
}

/** A file that does not load counts as one failed test, an error outside of every test as another. */
function countTests(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): Counts {
  const counts: Counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
  for (const module of modules) {
    let failed = 0;
    for (const test of module.children.allTests()) {
      if (test.result().state === 'passed') counts.passed += 1;
      else if (isLeftOut(test)) counts.skipped += 1;
      else failed += 1;
    }
    counts.failed += module.state() === 'failed' ? Math.max(failed, 1) : failed;
  }
  return counts;
}

/** The runner also calls a test skipped whose suite's hook failed: that one has failed. */
function isLeftOut(test: TestCase): boolean {
  if (test.result().state !== 'skipped') return false;
  let suite: TestSuite | TestModule = test.parent;
  while (suite.errors().length === 0) {
    if (suite.type === 'module') return true;
    suite = suite.parent;
  }
  return false;
}

function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** One line for each file and reason; the names of the tests only where others of the file ran. */
function listLeftOut(modules: readonly TestModule[]): readonly string[] {
  return modules.flatMap((module) => {
    const tests = [...module.children.allTests()];
    const skipped = tests.filter(isLeftOut);
    const byReason = Map.groupBy(skipped, reasonOf);
    return [...byReason].flatMap(([reason, left]) =>
      left.length === tests.length
        ? [`${module.relativeModuleId} (${left.length}): ${reason}`]
        : left.map((test) => `${module.relativeModuleId} > ${test.fullName}: ${reason}`),
    );
  });
}

function reasonOf(test: TestCase): string {
  return knownReason(test) ?? 'no reason is given';
}

function knownReason(test: TestCase): string | undefined {
  const result = test.result();
  const note = result.state === 'skipped' ? result.note : undefined;
  const usesKernel = test.project.name === 'kernel';
  return test.meta().leftOut ?? note ?? (usesKernel ? kernelObstacle : undefined);
}
