/** The input that a text of manifests is, as if it came from standard input. */

import type { AuditInput } from '../../../src/audit/input/audit-input.ts';
import { readAuditInput } from '../../../src/audit/input/read-audit-input.ts';

export function readText(...documents: readonly string[]): Promise<AuditInput> {
  return readAuditInput(['-'], { stdin: chunks(documents.join('\n---\n')) });
}

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
