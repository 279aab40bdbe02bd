/** A report in the form that was asked for. */

import type { CheckInfo, CheckReport } from '../finding.ts';
import type { CheckFormat } from './check-formats.ts';
import { githubReport } from './github-report.ts';
import { humanReport, type HumanOptions } from './human-report.ts';
import { jsonReport } from './json-report.ts';
import { junitReport } from './junit-report.ts';
import { markdownReport } from './markdown-report.ts';
import { sarifReport } from './sarif-report.ts';

export interface ReportOptions extends HumanOptions {
  /** The folder that other tools name files from. */
  readonly root: string;
}

export function writeReport(format: CheckFormat, report: CheckReport, checks: readonly CheckInfo[], options: ReportOptions): string {
  switch (format) {
    case 'human':
      return humanReport(report, checks, options);
    case 'json':
      return jsonReport(report, checks);
    case 'sarif':
      return sarifReport(report, checks, options.root);
    case 'junit':
      return junitReport(report, checks, options.root);
    case 'github':
      return githubReport(report, checks, options.root);
    case 'markdown':
      return markdownReport(report, checks);
  }
}
