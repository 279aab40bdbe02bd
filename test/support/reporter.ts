/** Ends a test run: what was left out and why, then one plain line with the counts. In CI whatever is left out is a failure. */

import { writeSync } from 'node:fs';
import type { SerializedError } from 'vitest';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
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

/** A file that does not load counts as one failed test, and so does an error outside of every test. */
function countTests(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): Counts {
  const counts: Counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
  for (const module of modules) {
    let failedTests = 0;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') counts.passed += 1;
      else if (state === 'skipped') counts.skipped += 1;
      else failedTests += 1;
    }
    counts.failed += module.state() === 'failed' ? Math.max(failedTests, 1) : failedTests;
  }
  return counts;
}

function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** One line for each file and reason; the names of the tests only where others of the file ran. */
function listLeftOut(modules: readonly TestModule[]): readonly string[] {
  return modules.flatMap((module) => {
    const tests = [...module.children.allTests()];
    const skipped = tests.filter((test) => test.result().state === 'skipped');
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
