/** `postern audit suggest`: the least policies for a list of flows, or default-deny with name resolution; YAML that applies as it is. */

import { describeMissing } from '../audit/input/describe-gaps.ts';
import { createReadStream } from 'node:fs';
import { findEnd } from '../audit/explain/find-end.ts';
import type { AuditInput, Workload } from '../audit/input/audit-input.ts';
import { AuditModel } from '../audit/model/audit-model.ts';
import { readFlows, type FlowList } from '../audit/suggest/read-flows.ts';
import { suggestPolicies } from '../audit/suggest/suggest-policies.ts';
import { suggestSkeletons } from '../audit/suggest/suggest-skeletons.ts';
import type { Suggestion } from '../audit/suggest/suggestion.ts';
import { writeSuggestion } from '../audit/suggest/write-suggestion.ts';
import { formatError, PosternError } from '../model/error.ts';
import { DIRECTIONS, type Direction } from '../model/verdict.ts';
import { readConfig } from './audit-config.ts';
import { EXIT, exitCode } from './audit-exit.ts';
import { readInput } from './audit-input.ts';
import type { ConfigFlags, InputFlags } from './audit-options.ts';
import { writeOutput } from './audit-outputs.ts';
import { Progress } from './audit-progress.ts';
import type { PrefixFlag } from './cidr-prefix.ts';
import { failWith } from './fail-with.ts';
import { tell } from './tell.ts';

export interface SuggestFlags extends InputFlags, ConfigFlags {
  readonly flows?: string;
  readonly skeleton?: boolean;
  readonly workload?: readonly string[];
  readonly direction: Direction | 'both';
  readonly includeDenied?: boolean;
  readonly cidrPrefix?: PrefixFlag;
  readonly output?: string;
}

const STANDARD_INPUT = '-';
const SINGLE_ADDRESSES: PrefixFlag = { v4: 32, v6: 128 };

/** False where nothing says what is to be suggested for. Sets the exit code. */
export async function runSuggest(paths: readonly string[], flags: SuggestFlags): Promise<boolean> {
  let asked = true;
  await failWith(EXIT.failed, async () => {
    checkUsage(paths, flags);
    const { podCIDRs } = readConfig(flags);
    const input = await Progress.during(async (progress) => await readInput(paths, flags, progress));
    asked = input !== undefined;
    if (input === undefined) return;
    const { flows: file, output } = flags;
    const list = file === undefined ? undefined : await readFlowFile(file);
    const model = new AuditModel(input, { podNetworks: podCIDRs });
    const suggestion = list === undefined ? suggestSkeletons(model, namespacesOf(paths, flags)) : suggestFor(model, list, paths, flags);
    const text = writeSuggestion(titleOf(input, list), suggestion);
    await writeOutput({ format: 'yaml', ...(output === undefined || output === STANDARD_INPUT ? {} : { file: output }) }, text);
    process.exitCode = exitCode(false, tellLosses(input, suggestion), flags.allowIncomplete === true);
  });
  return asked;
}

function checkUsage(paths: readonly string[], flags: SuggestFlags): void {
  const { flows, skeleton, workload, includeDenied, cidrPrefix, direction } = flags;
  if ((flows === undefined) === (skeleton !== true))
    throw new PosternError('E_USAGE', 'either flows or skeletons are meant', {
      mend: 'give --flows FILE, with what postern monitor --flows --json printed, or --skeleton',
    });
  if (skeleton === true && (workload !== undefined || includeDenied === true || cidrPrefix !== undefined || direction !== 'both'))
    throw new PosternError('E_USAGE', 'skeletons are for namespaces, and know no flows', {
      mend: 'leave out --workload, --direction, --include-denied and --cidr-prefix, or give --flows',
    });
  const { cluster, allNamespaces, namespace, context, kubeconfig } = flags;
  const asksForCluster = cluster === true || allNamespaces === true || [namespace, context, kubeconfig].some((one) => one !== undefined);
  const takesInput = paths.includes(STANDARD_INPUT) || (paths.length === 0 && !asksForCluster);
  if (flows === STANDARD_INPUT && takesInput)
    throw new PosternError('E_USAGE', 'standard input cannot be both the flows and the manifests', {
      mend: 'name files or folders of manifests, or give --cluster',
    });
}

/** Throws `E_FLOWS` where it cannot be read. */
async function readFlowFile(file: string): Promise<FlowList> {
  const name = file === STANDARD_INPUT ? 'standard input' : file;
  try {
    return await readFlows(name, file === STANDARD_INPUT ? process.stdin : (createReadStream(file) as AsyncIterable<Uint8Array>));
  } catch (cause) {
    throw new PosternError('E_FLOWS', `the flows cannot be read: ${String((cause as NodeJS.ErrnoException).code ?? cause)}`, {
      at: { file: name },
      mend: 'name a file that holds what postern monitor --flows --json printed',
      cause,
    });
  }
}

function suggestFor(model: AuditModel, list: FlowList, paths: readonly string[], flags: SuggestFlags): Suggestion {
  const { direction, includeDenied = false, cidrPrefix = SINGLE_ADDRESSES, workload, namespace } = flags;
  const workloads = workload?.flatMap((text) => findWorkloads(model, text, namespace?.[0]));
  return suggestPolicies(model, list, {
    directions: direction === 'both' ? DIRECTIONS : [direction],
    includeDenied,
    prefixes: cidrPrefix,
    ...(workloads === undefined ? {} : { workloads }),
    ...namespacesOf(paths, flags),
  });
}

/** Throws `E_AUDIT_END`. */
function findWorkloads(model: AuditModel, text: string, namespace: string | undefined): Workload[] {
  const end = findEnd(model, text, namespace);
  if (end.kind === 'pods') return [...new Set(end.classes.map(({ workload }) => workload))];
  throw new PosternError('E_AUDIT_END', `${end.name} is no workload`, { mend: 'write NAMESPACE/NAME or NAMESPACE/KIND/NAME' });
}

/** Of a cluster `--namespace` says which are asked about. */
function namespacesOf(paths: readonly string[], { namespace }: SuggestFlags): { readonly namespaces?: readonly string[] } {
  return paths.length === 0 && namespace !== undefined ? { namespaces: namespace } : {};
}

function titleOf({ name }: AuditInput, list: FlowList | undefined): string {
  if (list === undefined) return `default-deny and name resolution for the namespaces of ${name} that lack them`;
  const flows = list.flows.reduce((sum, { count }) => sum + count, 0);
  return `the least that ${flows} flow${flows === 1 ? '' : 's'} of ${list.name} need, for the workloads of ${name}`;
}

/** Whether the answer may lack something. */
function tellLosses({ problems, missing }: AuditInput, { notes, lacking }: Suggestion): boolean {
  const lacks = [...problems.map(formatError), ...describeMissing({ missing }), ...lacking];
  for (const sentence of [...lacks, ...notes]) tell(sentence);
  return lacks.length > 0;
}
