/** Ends a test run: what was left out and why, then one plain line with the counts. In CI whatever is left out is a failure. */

import { writeSync } from 'node:fs';
import type { SerializedError } from 'vitest';
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';
import { kernelObstacle } from './requires.ts';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export class ClosingReporter implements Reporter {
  readonly #strict = process.env['CI'] === 'true';
  #lines: readonly string[] = [];
  #failed = false;

  constructor() {
    // Whatever else is still printed, by other reporters too, comes before the process ends.
    process.once('exit', () => {
      if (this.#lines.length > 0) writeSync(1, `${this.#lines.join('\n')}\n`);
      if (this.#failed) process.exitCode = 1;
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const counts = countTests(modules, unhandledErrors);
    const leftOut = listLeftOut(modules);
    const heading = this.#strict ? 'Left out, which fails the run in CI:' : 'Left out:';
    this.#failed = counts.failed > 0 || (this.#strict && counts.skipped > 0);
    this.#lines = [...(leftOut.length > 0 ? [heading, ...leftOut.map((line) => `  ${line}`), ''] : []), closingLine(counts)];
  }
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
  const result = test.result();
  const note = result.state === 'skipped' ? result.note : undefined;
  const usesKernel = test.project.name === 'kernel';
  return test.meta().leftOut ?? note ?? (usesKernel ? kernelObstacle : undefined) ?? 'no reason is given';
}
