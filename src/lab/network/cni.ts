/** Give pods their interfaces as a container runtime does: real CNI plugins, called by the CNI protocol inside the node. */

import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PosternError } from '../../model/error.ts';
import { podSubnets } from './addressing.ts';
import { OVERLAY_MTU } from './fabric.ts';
import { NETNS_DIR } from '../state/lab-paths.ts';
import { runCommand } from '../processes/run-command.ts';
import type { Cni, Fabric } from '../types.ts';
import { writeFileAtomic } from '../state/write-file-atomic.ts';

const PLUGIN_DIRS = ['/usr/lib/cni', '/opt/cni/bin'];
export const POD_INTERFACE = 'eth0';

export interface Attachment {
  readonly cni: Cni;
  readonly fabric: Fabric;
  /** The lab's own folder for leases and results. */
  readonly dir: string;
  readonly node: { readonly name: string; readonly index: number; readonly netns: string };
  readonly containerId: string;
  readonly podNetns: string;
  /** `namespace/name`, told to the plugin as kubelet does. */
  readonly pod: string;
}

/** CNI ADD. Returns the pod's addresses, IPv4 first. `E_LAB_CNI` with the plugin's own words on failure. */
export async function addInterface(attachment: Attachment): Promise<readonly string[]> {
  const config = networkConfig(attachment);
  await mkdir(attachment.dir, { recursive: true });
  const result = parseResult(await callPlugin('ADD', attachment, config));
  await writeFileAtomic(resultPath(attachment), JSON.stringify(result));
  const addresses = result.ips.map((ip) => ip.address.split('/')[0] ?? '');
  return addresses.toSorted((a, b) => Number(a.includes(':')) - Number(b.includes(':')));
}

/** CNI DEL: gives the lease back. Fine where ADD never came that far, as the CNI contract demands of plugins. */
export async function removeInterface(attachment: Attachment): Promise<void> {
  const prevResult = await readFile(resultPath(attachment), 'utf8').then(JSON.parse, () => undefined);
  await callPlugin('DEL', attachment, { ...networkConfig(attachment), ...(prevResult === undefined ? {} : { prevResult }) });
  await rm(resultPath(attachment), { force: true });
}

export function findPluginDir(plugin: Cni): string {
  const dir = PLUGIN_DIRS.find((candidate) => [plugin, 'host-local'].every((name) => existsSync(join(candidate, name))));
  if (dir !== undefined) return dir;
  throw new PosternError('E_LAB_CNI', `the CNI plugins ${plugin} and host-local are in none of ${PLUGIN_DIRS.join(', ')}`, {
    mend: 'install containernetworking-plugins',
  });
}

interface CniResult {
  readonly ips: readonly { readonly address: string }[];
}

function networkConfig(attachment: Attachment): Readonly<Record<string, unknown>> {
  const common = {
    cniVersion: '1.0.0',
    name: 'postern-lab',
    ipMasq: false,
    mtu: attachment.fabric === 'vxlan' ? OVERLAY_MTU : 1500,
    ipam: {
      type: 'host-local',
      dataDir: join(attachment.dir, `leases-${attachment.node.index}`),
      ranges: podSubnets(attachment.node.index).map((subnet) => [{ subnet }]),
      routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }],
    },
  };
  switch (attachment.cni) {
    case 'bridge':
      return { ...common, type: 'bridge', bridge: 'cni0', isGateway: true, hairpinMode: true };
    case 'ptp':
      return { ...common, type: 'ptp' };
  }
}

async function callPlugin(command: 'ADD' | 'DEL', attachment: Attachment, config: Readonly<Record<string, unknown>>): Promise<string> {
  const plugins = findPluginDir(attachment.cni);
  const [namespace = '', name = ''] = attachment.pod.split('/');
  const result = await runCommand([join(plugins, attachment.cni)], {
    netns: attachment.node.netns,
    input: JSON.stringify(config),
    env: {
      CNI_COMMAND: command,
      CNI_CONTAINERID: attachment.containerId,
      CNI_NETNS: join(NETNS_DIR, attachment.podNetns),
      CNI_IFNAME: POD_INTERFACE,
      CNI_PATH: plugins,
      CNI_ARGS: `IgnoreUnknown=1;K8S_POD_NAMESPACE=${namespace};K8S_POD_NAME=${name}`,
    },
  });
  if (result.code === 0) return result.stdout;
  // A plugin says what went wrong as a JSON object on stdout.
  const said = (result.stdout.trim() || result.stderr.trim()).slice(0, 2000);
  throw new PosternError(
    'E_LAB_CNI',
    `CNI ${command} by ${attachment.cni} for pod ${attachment.pod} on ${attachment.node.name} failed: ${said}`,
  );
}

function parseResult(text: string): CniResult {
  const result = JSON.parse(text) as Partial<CniResult>;
  if (Array.isArray(result.ips)) return result as CniResult;
  throw new PosternError('E_LAB_CNI', `the CNI plugin's answer has no ips: ${text.slice(0, 500)}`);
}

function resultPath(attachment: Attachment): string {
  return join(attachment.dir, `${attachment.containerId}.json`);
}
