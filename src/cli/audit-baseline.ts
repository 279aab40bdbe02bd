/** The baseline's file: read where it is named, and written where that is asked. */

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { applyBaseline, parseBaseline, writeBaseline } from '../audit/config/baseline.ts';
import type { CheckReport } from '../audit/finding.ts';
import { countText } from '../audit/report/count-findings.ts';
import { PosternError } from '../model/error.ts';
import type { ThresholdFlags } from './audit-options.ts';
import { makeFolder } from './make-folder.ts';

/** Throws `E_BASELINE` and `E_USAGE`. `tell` gets what a person should know. */
export function useBaseline(report: CheckReport, flags: ThresholdFlags, tell: (sentence: string) => void): CheckReport {
  const { baseline: file, updateBaseline = false } = flags;
  if (file === undefined) {
    if (!updateBaseline) return report;
    throw new PosternError('E_USAGE', '--update-baseline needs to know which', { mend: 'give --baseline FILE, too' });
  }
  if (updateBaseline) write(file, report);
  const { findings, ignored, gone } = applyBaseline(report.findings, parseBaseline(read(file), file));
  const lost = gone.reduce((sum, { count }) => sum + count, 0);
  if (lost > 0)
    tell(
      `${countText(lost, 'finding')} of the baseline ${file} ${lost === 1 ? 'is' : 'are'} no more: write it again with --update-baseline`,
    );
  return { ...report, findings, ignored: [...report.ignored, ...ignored] };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw fileError('read', file, cause, 'check the path; --update-baseline writes one');
  }
}

function write(file: string, { findings }: CheckReport): void {
  try {
    makeFolder(dirname(file));
    writeFileSync(file, writeBaseline(findings));
  } catch (cause) {
    throw fileError('written', file, cause, 'name a file in a folder that can be written to');
  }
}

function fileError(what: string, file: string, cause: unknown, mend: string): PosternError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return new PosternError('E_BASELINE', `the baseline cannot be ${what}: ${code}`, { at: { file }, mend, cause });
}
