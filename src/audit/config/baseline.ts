/** A baseline: the findings that were there when somebody decided to look at new ones only. */

import { isRecord } from '../../model/decode/fields.ts';
import { PosternError } from '../../model/error.ts';
import { compareText } from '../../manifests/manifests.ts';
import type { CheckReport, Finding } from '../finding.ts';

export interface BaselineEntry {
  readonly fingerprint: string;
  /** Of findings that have it. */
  readonly count: number;
}

export interface AppliedBaseline extends Pick<CheckReport, 'findings' | 'ignored'> {
  /** What the baseline has and the findings have no more; `count`: how many fewer. It is time to write it again. */
  readonly gone: readonly BaselineEntry[];
}

const KIND = 'AuditBaseline';
const VERSION = 'postern.dev/v1';
const REASON = 'it is in the baseline';

/** JSON, an entry on each line, in an order that depends on the findings alone. */
export function writeBaseline(findings: readonly Finding[]): string {
  const entries = [...countFingerprints(findings)].toSorted(([a], [b]) => compareText(a, b));
  const lines = entries.map(([fingerprint, count]) => `    ${JSON.stringify({ fingerprint, count })}`);
  const list = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`;
  return `{\n  "apiVersion": "${VERSION}",\n  "kind": "${KIND}",\n  "findings": ${list}\n}\n`;
}

/** `E_BASELINE` for anything that `writeBaseline` would not write. */
export function parseBaseline(text: string, file: string): readonly BaselineEntry[] {
  const value = parseJson(text, file);
  if (!isRecord(value) || value['kind'] !== KIND || value['apiVersion'] !== VERSION) {
    throw baselineError(file, `it is no ${KIND} of ${VERSION}`);
  }
  const { findings } = value;
  if (!Array.isArray(findings)) throw baselineError(file, 'it has no findings');
  return findings.map((entry: unknown, index) => {
    if (!isRecord(entry)) throw baselineError(file, `findings[${index}] is no object`);
    const { fingerprint, count } = entry;
    if (typeof fingerprint !== 'string') throw baselineError(file, `findings[${index}] has no fingerprint`);
    if (typeof count !== 'number' || !Number.isInteger(count) || count < 1) throw baselineError(file, `findings[${index}] has no count`);
    return { fingerprint, count };
  });
}

/** Of findings with one fingerprint the baseline takes away as many as it has, the first ones. */
export function applyBaseline(findings: readonly Finding[], baseline: readonly BaselineEntry[]): AppliedBaseline {
  const left = new Map<string, number>();
  for (const { fingerprint, count } of baseline) left.set(fingerprint, (left.get(fingerprint) ?? 0) + count);
  const fresh: Finding[] = [];
  const ignored: { readonly finding: Finding; readonly reason: string }[] = [];
  for (const finding of findings) {
    const count = left.get(finding.fingerprint) ?? 0;
    if (count === 0) fresh.push(finding);
    else {
      left.set(finding.fingerprint, count - 1);
      ignored.push({ finding, reason: REASON });
    }
  }
  const gone = Array.from(left, ([fingerprint, count]) => ({ fingerprint, count })).filter(({ count }) => count > 0);
  return { findings: fresh, ignored, gone };
}

function countFingerprints(findings: readonly Finding[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { fingerprint } of findings) counts.set(fingerprint, (counts.get(fingerprint) ?? 0) + 1);
  return counts;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw baselineError(file, `it is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function baselineError(file: string, message: string): PosternError {
  return new PosternError('E_BASELINE', `the baseline cannot be used: ${message}`, { at: { file }, mend: 'write it again' });
}
