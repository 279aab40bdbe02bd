/** What the CNI plugin hands to the agent: the runtime's words, and the configuration with the result of the plugins before. */

import { PosternError } from '../../model/error.ts';
import { parseAddress, type Address } from '../../model/ip.ts';

export type CniCommand = 'ADD' | 'DEL' | 'CHECK' | 'STATUS';

export interface PluginRequest {
  readonly command: CniCommand;
  readonly cniVersion: string;
  readonly containerId: string;
  /** `undefined`: no pod of Kubernetes. */
  readonly pod: RequestedPod | undefined;
  /** As the plugins before gave it, in the form of `cniVersion`. */
  readonly prevResult: Readonly<Record<string, unknown>> | undefined;
  readonly addresses: readonly Address[];
}

export interface RequestedPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

const COMMANDS: readonly string[] = ['ADD', 'DEL', 'CHECK', 'STATUS'] satisfies readonly CniCommand[];
const FIELDS = 5;

/** Command, container, namespace, interface and arguments, each ended by a NUL, then JSON. Throws `E_CNI_REQUEST`. */
export function parsePluginRequest(body: Buffer): PluginRequest {
  const fields: string[] = [];
  let at = 0;
  while (fields.length < FIELDS) {
    const end = body.indexOf(0, at);
    if (end < 0) throw bad('it is not whole');
    fields.push(body.toString('utf8', at, end));
    at = end + 1;
  }
  const [command = '', containerId = '', , , args = ''] = fields;
  if (!COMMANDS.includes(command)) throw bad(`CNI_COMMAND is ${JSON.stringify(command)}`);
  const config = parseConfig(body.toString('utf8', at));
  const { cniVersion, prevResult } = config;
  return {
    command: command as CniCommand,
    cniVersion: typeof cniVersion === 'string' ? cniVersion : '1.0.0',
    containerId,
    pod: readPod(args),
    prevResult: isObject(prevResult) ? prevResult : undefined,
    addresses: isObject(prevResult) ? readAddresses(prevResult['ips']) : [],
  };
}

/** `K=V;K=V`, as runtimes of Kubernetes write it. */
function readPod(args: string): RequestedPod | undefined {
  const values = new Map(args.split(';').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
  const [namespace, name, uid] = ['K8S_POD_NAMESPACE', 'K8S_POD_NAME', 'K8S_POD_UID'].map((key) => values.get(key) ?? '');
  if (!namespace || !name) return undefined;
  if (!uid)
    throw bad('CNI_ARGS has no K8S_POD_UID', 'a newer container runtime (containerd 1.6, CRI-O 1.21); a name is used again by other pods');
  return { namespace, name, uid };
}

function readAddresses(ips: unknown): readonly Address[] {
  if (!Array.isArray(ips)) return [];
  try {
    return [...new Set(ips.map((ip) => parseAddress(String((ip as { address?: unknown }).address).split('/')[0] ?? '')))];
  } catch (cause) {
    throw new PosternError('E_CNI_REQUEST', 'prevResult has what is no address', { cause });
  }
}

function parseConfig(text: string): Readonly<Record<string, unknown>> {
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    throw bad('the configuration is no JSON');
  }
  if (!isObject(config)) throw bad('the configuration is no object');
  return config;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bad(why: string, mend = 'container runtimes call the plugin'): PosternError {
  return new PosternError('E_CNI_REQUEST', `the plugin was called wrongly: ${why}`, { mend });
}
