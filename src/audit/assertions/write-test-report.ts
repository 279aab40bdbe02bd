/** A report of assertions in the form that was asked for. */

import type { TestFormat } from './test-formats.ts';
import { testGithub } from './test-github.ts';
import { testJson } from './test-json.ts';
import { testJunit } from './test-junit.ts';
import type { TestReport } from './test-report.ts';
import { testText, type TestTextOptions } from './test-text.ts';

export interface WriteTestOptions extends TestTextOptions {
  /** The folder that other tools name files from. */
  readonly root: string;
}

export function writeTestReport(format: TestFormat, report: TestReport, options: WriteTestOptions): string {
  switch (format) {
    case 'human':
      return testText(report, options);
    case 'json':
      return testJson(report);
    case 'junit':
      return testJunit(report, options.root);
    case 'github':
      return testGithub(report, options.root);
  }
}
