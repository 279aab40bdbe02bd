/** Tells a Helm template that was not rendered from a manifest: what is read of it holds `{{`, or it cannot be read because of it. */

import type { FoundObjects } from '../../manifests/read-objects.ts';
import type { SourceText } from '../../manifests/source-text.ts';
import { countLines } from '../../manifests/split-documents.ts';
import { PosternError } from '../../model/error.ts';
import type { AuditObject } from './audit-object.ts';

const OPENING = '{{';

/** The line of the first `{{` of a template. Where only other parts hold it (alert texts, dashboards, environments), it is none. */
export function findTemplate(source: SourceText, found: FoundObjects<AuditObject>): number | undefined {
  const start = source.text.indexOf(OPENING);
  if (start < 0) return undefined;
  const isTemplate =
    found.problems.some(({ code, message }) => code === 'E_MANIFEST_SYNTAX' || message.includes(OPENING)) ||
    found.objects.some(({ object }) => holdsOpening(object));
  if (!isTemplate) return undefined;
  return source.line + countLines(source.text.slice(0, start));
}

/** `count`: how many documents of the file are templates. */
export function templateError(line: number, count: number): PosternError {
  return new PosternError(
    'E_MANIFEST_TEMPLATE',
    `a template that is not rendered${count === 1 ? '' : `, and ${count - 1} more in this file`}: nothing of it is read`,
    {
      at: { line },
      mend: 'render it first: helm template CHART | postern audit -',
    },
  );
}

function holdsOpening(value: unknown): boolean {
  if (typeof value === 'string') return value.includes(OPENING);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, part]) => key.includes(OPENING) || holdsOpening(part));
}
