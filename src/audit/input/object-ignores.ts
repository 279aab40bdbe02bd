/** The annotation by which a policy, a workload or a namespace asks for silence about a check: `postern.dev/ignore: "PN001=reason; PN002=reason"`. */

import { PosternError, type Location } from '../../model/error.ts';
import type { ObjectIgnore } from './audit-input.ts';

export const IGNORE_ANNOTATION = 'postern.dev/ignore';

const ENTRY = /^([A-Za-z]+\d+)\s*=\s*(\S.*)$/s;

/** `E_IGNORE` for an entry without a check or without a reason: it ignores nothing. */
export function readObjectIgnores(
  object: string,
  annotations: Readonly<Record<string, string>>,
  at: Location,
): { readonly ignores: readonly ObjectIgnore[]; readonly problems: readonly PosternError[] } {
  const ignores: ObjectIgnore[] = [];
  const problems: PosternError[] = [];
  for (const entry of (annotations[IGNORE_ANNOTATION] ?? '').split(';')) {
    const text = entry.trim();
    if (text === '') continue;
    const [, check, reason] = ENTRY.exec(text) ?? [];
    if (check !== undefined && reason !== undefined) ignores.push({ object, check, reason });
    else problems.push(entryError(text, object, at));
  }
  return { ignores, problems };
}

function entryError(text: string, object: string, at: Location): PosternError {
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return new PosternError('E_IGNORE', `the annotation ${IGNORE_ANNOTATION} has ${JSON.stringify(short)}, which ignores nothing`, {
    at: { ...at, object, field: `metadata.annotations["${IGNORE_ANNOTATION}"]` },
    mend: 'write CHECK=reason, and ";" before the next: "PN001=reached from the office alone; PN002=…"',
  });
}
