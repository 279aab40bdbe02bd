/**
 * Tells the harness of test/cluster of a cluster that others made: its nodes, and an account that may do everything. Prints the archive of the test image,
 * for the nodes to load. Usage: adopt.ts NAME KUBECONFIG BINARIES ADDRESS=PID…   (each node by its address, with a process of its namespaces)
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identifyProcess } from '../../src/lab/processes/processes.ts';
import { runChecked, runCommand } from '../../src/lab/processes/run-command.ts';
import { kubeconfigOf } from '../cluster/harness/credentials.ts';
import { makeTestImages } from '../cluster/harness/images.ts';
import { type ClusterPlan, type NodePlan, planCluster } from '../cluster/harness/plan.ts';

interface NodeObject {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly podCIDRs?: readonly string[] };
  readonly status: { readonly addresses: readonly { readonly type: string; readonly address: string }[] };
}

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } }];
}

const ACCOUNT = 'postern-tests';
const NAMESPACE = 'kube-system';

const [name, kubeconfig, bin, ...words] = process.argv.slice(2);
if (name === undefined || kubeconfig === undefined || bin === undefined || words.length === 0)
  throw new Error('usage: adopt.ts NAME KUBECONFIG BINARIES ADDRESS=PID…');

const { items } = JSON.parse(await kubectl('get', 'nodes', '-o', 'json')) as { items: readonly NodeObject[] };
const processes = words.map((word) => word.split('=') as [string, string]);
const base = planCluster({ name, nodes: items.length });
rmSync(join(base.folder, 'pid'), { recursive: true, force: true });
mkdirSync(join(base.folder, 'pid'), { recursive: true });

const nodes = await Promise.all(processes.map(([address, pid]) => adoptNode(base, address, Number(pid))));
const plan: ClusterPlan = { ...base, nodes: nodes.toSorted((a, b) => a.index - b.index) };
await nameNamespace(plan.controlNetns, process.pid);
await writeKubeconfig(plan);
writeFileSync(join(plan.folder, 'cluster.json'), JSON.stringify({ plan, options: plan.options, bin, credentials: {} }));
const [agnhost] = await makeTestImages(bin);
console.log(agnhost);

async function adoptNode({ folder, options }: ClusterPlan, address: string, pid: number): Promise<NodePlan> {
  const node = items.find(({ status }) => status.addresses.some((one) => one.type === 'InternalIP' && one.address === address));
  const id = identifyProcess(pid);
  if (node === undefined || id === undefined) throw new Error(`no node has the address ${address}, or no process ${pid} runs`);
  const index = Number(/^n(\d+)$/.exec(node.metadata.name)?.[1]);
  if (!(index > 0)) throw new Error(`the harness wants nodes n1, n2 and so on, not ${node.metadata.name}`);
  const netns = `${options.name}-n${index}`;
  await nameNamespace(netns, pid);
  writeFileSync(join(folder, 'pid', node.metadata.name), JSON.stringify(id));
  const family = (all: readonly string[], six: boolean): string => all.find((one) => one.includes(':') === six) ?? '';
  const addresses = node.status.addresses.filter(({ type }) => type === 'InternalIP').map((one) => one.address);
  const ranges = node.spec.podCIDRs ?? [];
  return {
    name: node.metadata.name,
    index,
    netns,
    address: family(addresses, false),
    address6: family(addresses, true),
    podRange: family(ranges, false),
    podRange6: family(ranges, true),
    folder: join(folder, node.metadata.name),
  };
}

/** Under /run/netns, as the harness enters them. */
async function nameNamespace(netns: string, pid: number): Promise<void> {
  await runCommand(['ip', 'netns', 'delete', netns]);
  await runChecked(['ip', 'netns', 'attach', netns, String(pid)]);
}

/** As the harness reads it: JSON, a token, and the certificate in a file. */
async function writeKubeconfig(adopted: ClusterPlan): Promise<void> {
  const { clusters } = JSON.parse(await kubectl('config', 'view', '--raw', '--minify', '--flatten', '-o', 'json')) as Kubeconfig;
  const [{ cluster }] = clusters;
  await apply(['-n', NAMESPACE, 'create', 'serviceaccount', ACCOUNT]);
  await apply(['create', 'clusterrolebinding', ACCOUNT, '--clusterrole=cluster-admin', `--serviceaccount=${NAMESPACE}:${ACCOUNT}`]);
  const token = (await kubectl('-n', NAMESPACE, 'create', 'token', ACCOUNT, '--duration=24h')).trim();
  const certificate = join(adopted.folder, 'ca.crt');
  writeFileSync(certificate, Buffer.from(cluster['certificate-authority-data'], 'base64'));
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: cluster.server, 'certificate-authority': certificate } }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'c',
  };
  writeFileSync(kubeconfigOf(adopted, 'admin'), JSON.stringify(config));
}

/** Once or again. */
async function apply(create: readonly string[]): Promise<void> {
  const object = await kubectl(...create, '--dry-run=client', '-o', 'json');
  await runChecked([`${bin}/hyper`, 'kubectl', `--kubeconfig=${kubeconfig}`, 'apply', '-f', '-'], { input: object });
}

function kubectl(...args: readonly string[]): Promise<string> {
  return runChecked([`${bin}/hyper`, 'kubectl', `--kubeconfig=${kubeconfig}`, ...args]);
}
