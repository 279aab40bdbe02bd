/** Inputs as tests write them: texts of files, read from a folder that is gone afterwards. */

import { readAuditInput, type ReadAuditOptions } from '../../../src/audit/input/read-audit-input.ts';
import type { AuditInput, Workload } from '../../../src/audit/input/audit-input.ts';
import { formatError } from '../../../src/model/error.ts';
import { temporaryFolder } from '../../manifests/temporary-folder.ts';

/** `files`: text by name. Places are told without the folder. */
export async function readFolder(files: Readonly<Record<string, string>>, options: ReadAuditOptions = {}): Promise<AuditInput> {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) folder.write(name, text);
  return readAuditInput([folder.path], options);
}

export async function readFile(name: string, text: string | Uint8Array, options: ReadAuditOptions = {}): Promise<AuditInput> {
  const folder = temporaryFolder();
  folder.write(name, text as string);
  return readAuditInput([folder.at(name)], options);
}

export async function readStdin(text: string, options: ReadAuditOptions = {}): Promise<AuditInput> {
  return readAuditInput(['-'], { ...options, stdin: streamOf(text) });
}

async function* streamOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** `Deployment shop/web`: active or not, with its pods' names. */
export function describeWorkload({ kind, namespace, name, active, pods }: Workload): string {
  return `${kind} ${namespace}/${name}${active ? '' : ' (inactive)'}${pods.length === 0 ? '' : `: ${pods.map((pod) => pod.name).join(' ')}`}`;
}

/** With file names instead of paths. */
export function problemsOf({ problems }: AuditInput): readonly string[] {
  return problems.map((problem) => formatError(problem).replace(/^\S*[\\/]/, ''));
}

export const codesOf = ({ problems }: AuditInput): readonly string[] => problems.map(({ code, at }) => `${code}:${at.line ?? ''}`);

/** A maker of pods as kubectl prints it, as JSON is YAML too. */
export function workloadManifest(kind: string, key: string, extra: Readonly<Record<string, unknown>> = {}, owner?: string): string {
  const [namespace = '', name = ''] = key.split('/');
  const template = { metadata: { labels: { app: name } }, spec: { restartPolicy: 'Always', containers: [{ name: 'main' }] } };
  const spec =
    kind === 'CronJob'
      ? { jobTemplate: { spec: { template } }, ...extra }
      : { ...(kind === 'Job' ? {} : { selector: { matchLabels: { app: name } } }), template, ...extra };
  const apiVersion = kind === 'ReplicationController' ? 'v1' : kind.endsWith('Job') ? 'batch/v1' : 'apps/v1';
  return `${JSON.stringify({ apiVersion, kind, metadata: { namespace, name, ...ownedBy(owner) }, spec })}\n---\n`;
}

/** `owner`: `ReplicaSet web-5d8f`. */
export function podManifest(key: string, owner?: string, labels: Readonly<Record<string, string>> = {}, phase = 'Running'): string {
  const [namespace = '', name = ''] = key.split('/');
  const metadata = { namespace, name, labels, ...ownedBy(owner) };
  return `${JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [] }, status: { phase } })}\n---\n`;
}

function ownedBy(owner: string | undefined): Readonly<Record<string, unknown>> {
  if (owner === undefined) return {};
  const [kind, name] = owner.split(' ');
  return { ownerReferences: [{ apiVersion: 'x/v1', kind, name, controller: true, uid: 'u' }] };
}
