/** Flows as the monitor prints them, and the policies that a suggestion makes of them, read back from its YAML. */

import type { AuditInput } from '../../../src/audit/input/audit-input.ts';
import { AuditModel } from '../../../src/audit/model/audit-model.ts';
import { readFlows, type FlowList } from '../../../src/audit/suggest/read-flows.ts';
import { suggestPolicies, type SuggestOptions } from '../../../src/audit/suggest/suggest-policies.ts';
import type { Suggestion } from '../../../src/audit/suggest/suggestion.ts';
import { writeSuggestion } from '../../../src/audit/suggest/write-suggestion.ts';
import type { NamedEvent } from '../../../src/agent/drop-log.ts';
import { readText } from '../support/read-text.ts';

export const EVENT: NamedEvent = {
  time: '2026-11-21T18:56:04.097Z',
  node: 'node-1',
  verdict: 'allow',
  reason: 'ALLOWED',
  text: 'allowed by policy',
  direction: 'egress',
  pod: 'shop/web',
  peer: 'shop/db',
  source: '10.1.0.2',
  destination: '10.1.0.3',
  protocol: 'TCP',
  port: 5432,
  sourcePort: 40000,
  policies: [],
  allowedBy: [],
};

export function lineOf(event: Partial<NamedEvent>): string {
  return JSON.stringify({ ...EVENT, ...event });
}

export function listOf(...lines: readonly string[]): Promise<FlowList> {
  return readFlows('flows.jsonl', chunksOf(lines.join('\n')));
}

async function* chunksOf(text: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  // Cut where it hurts: within lines and letters.
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
}

export const DEFAULTS: SuggestOptions = {
  directions: ['ingress', 'egress'],
  includeDenied: false,
  prefixes: { v4: 32, v6: 128 },
};

export interface Suggested {
  readonly suggestion: Suggestion;
  readonly text: string;
}

export async function suggest(input: AuditInput, lines: readonly string[], options: Partial<SuggestOptions> = {}): Promise<Suggested> {
  const suggestion = suggestPolicies(new AuditModel(input), await listOf(...lines), { ...DEFAULTS, ...options });
  return { suggestion, text: writeSuggestion('suggested', suggestion) };
}

/** The input with the policies of a text beside its own. */
export async function withPolicies(input: AuditInput, text: string): Promise<AuditInput> {
  const { objects, problems } = await readText(text);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return { ...input, objects: [...input.objects, ...objects] };
}
