/** Assertions about a few manifests, as tests write them. */

import { parseTestFile } from '../../../src/audit/assertions/parse-test-file.ts';
import { runAssertions } from '../../../src/audit/assertions/run-assertions.ts';
import type { JudgeOptions } from '../../../src/audit/assertions/judge-context.ts';
import type { AssertionResult, TestReport } from '../../../src/audit/assertions/test-report.ts';
import { AuditModel } from '../../../src/audit/model/audit-model.ts';
import { formatError } from '../../../src/model/error.ts';
import { readText } from '../support/read-text.ts';

export const namespace = (name: string, labels = '{}'): string =>
  `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name}, labels: ${labels} }`;

/** `shop/web`; its label is app=web, its ports http 8080 and dns 53/UDP. */
export function deployment(key: string, { labels = '', spec = '', kind = 'Deployment' } = {}): string {
  const [space, name] = key.split('/');
  return `apiVersion: apps/v1
kind: ${kind}
metadata: { name: ${name}, namespace: ${space} }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name}${labels === '' ? '' : `, ${labels}`} } }
    spec: { ${spec}containers: [{ name: c, image: example/c, ports: [{ name: http, containerPort: 8080 }, { name: dns, containerPort: 53, protocol: UDP }] }] }`;
}

/** `shop/web` */
export function policy(key: string, spec: string): string {
  const [space, name] = key.split('/');
  return `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: ${name}, namespace: ${space} }\nspec: ${spec}`;
}

/** The lines below `assertions:`, or one assertion in braces. */
export async function assertAll(text: string, documents: readonly string[], options: JudgeOptions = {}): Promise<TestReport> {
  const networks = (options.networks ?? []).map(({ name }) => name);
  const { assertions, problems } = parseTestFile(`assertions:\n${text}\n`, 't.yaml', networks);
  if (problems.length > 0) throw new Error(problems.map(formatError).join('\n'));
  const input = await readText(...documents);
  const podNetworks = options.podNetworks ?? [];
  return runAssertions(new AuditModel(input, { podNetworks }), assertions, options);
}

/** Of one assertion without its name: `allow: { from: a, to: b }`. */
export async function judge(text: string, documents: readonly string[], options: JudgeOptions = {}): Promise<AssertionResult> {
  const { results } = await assertAll(`  - { name: it, ${text} }`, documents, options);
  return results[0] as AssertionResult;
}

export async function outcomeOf(text: string, documents: readonly string[], options: JudgeOptions = {}): Promise<string> {
  const { outcome, message } = await judge(text, documents, options);
  return outcome === 'error' ? `error: ${message}` : outcome;
}
