/** What an audit is about, by its arguments: files, standard input, or a cluster. */

import type { AuditInput } from '../audit/input/audit-input.ts';
import { PosternError } from '../model/error.ts';
import type { InputFlags } from './audit-options.ts';
import type { Progress } from './audit-progress.ts';

const STANDARD_INPUT = '-';

/** Undefined where nothing says what is meant: no file, no cluster, and nobody pipes anything. */
export async function readInput(paths: readonly string[], flags: InputFlags, progress: Progress): Promise<AuditInput | undefined> {
  if (paths.length > 0) return await readFiles(paths, flags, progress);
  if (asksForCluster(flags)) return await readLiveCluster(flags, progress);
  if (process.stdin.isTTY) return undefined;
  return await readFiles([STANDARD_INPUT], flags, progress);
}

/** Where files are named a namespace has another meaning, and the rest has none. */
function asksForCluster({ cluster, allNamespaces, namespace, context, kubeconfig }: InputFlags): boolean {
  return cluster === true || allNamespaces === true || [namespace, context, kubeconfig].some((flag) => flag !== undefined);
}

/** Throws `E_MANIFEST_READ` for a file that is named and not there, `E_INPUT_EMPTY` where nothing is piped, `E_USAGE`. */
async function readFiles(paths: readonly string[], flags: InputFlags, progress: Progress): Promise<AuditInput> {
  const namespace = onlyNamespace(flags);
  const piped = new CountedInput(process.stdin);
  progress.say(paths.includes(STANDARD_INPUT) ? 'reading standard input' : 'reading files');
  const { readAuditInput } = await import('../audit/input/read-audit-input.ts');
  const input = await readAuditInput(paths, { ...(namespace === undefined ? {} : { namespace }), stdin: piped });
  const absent = input.problems.find(({ at, cause }) => at.file !== undefined && paths.includes(at.file) && isNotThere(cause));
  if (absent !== undefined) throw absent;
  if (paths.includes(STANDARD_INPUT) && piped.bytes === 0)
    throw new PosternError('E_INPUT_EMPTY', 'standard input is empty', {
      mend: 'name files or folders, pipe manifests in, or give --cluster; if something was piped, look why it wrote nothing',
    });
  return input;
}

function onlyNamespace({ cluster, allNamespaces, context, kubeconfig, namespace = [] }: InputFlags): string | undefined {
  if (cluster === true || allNamespaces === true || context !== undefined || kubeconfig !== undefined)
    throw new PosternError('E_USAGE', 'files and a cluster cannot be audited at once', {
      mend: 'leave out the files, or what names a cluster',
    });
  if (namespace.length > 1)
    throw new PosternError('E_USAGE', 'objects of files that name no namespace can be in one only', { mend: 'give --namespace once' });
  return namespace[0];
}

function isNotThere(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR');
}

class CountedInput implements AsyncIterable<Uint8Array> {
  readonly #stream: AsyncIterable<Uint8Array>;
  bytes = 0;

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#stream = stream;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#stream) {
      this.bytes += chunk.length;
      yield chunk;
    }
  }
}

/** Namespaces are what is asked about; their policies name other ones, so the whole is read where that is allowed. */
async function readLiveCluster(flags: InputFlags, progress: Progress): Promise<AuditInput> {
  const { context, kubeconfig, namespace: namespaces, allNamespaces } = flags;
  if (allNamespaces === true && namespaces !== undefined)
    throw new PosternError('E_USAGE', 'all namespaces and some of them cannot be meant at once', { mend: 'leave out -A or -n' });
  progress.say('asking the API server');
  const { ApiServer } = await import('../kube/api-server.ts');
  const { readCluster } = await import('./read-cluster.ts');
  const server = new ApiServer({ ...(kubeconfig === undefined ? {} : { kubeconfig }), ...(context === undefined ? {} : { context }) });
  return await readCluster(server, {
    ...(namespaces === undefined ? {} : { namespaces }),
    onProgress: (resource) => progress.say(`reading ${resource} of ${server.context}`),
  });
}
