/** `postern lab status`: what a lab is made of. */

import pc from 'picocolors';
import { Lab } from '../lab/lab.ts';
import { kernelNotes } from '../lab/lab-requirements.ts';
import type { LabService } from '../lab/services/lab-service.ts';
import { nameOf } from '../lab/objects/raw-object.ts';

export interface StatusOptions {
  readonly name: string;
  readonly json?: boolean;
}

export async function runLabStatus({ name, json }: StatusOptions): Promise<void> {
  const lab = await Lab.open(name);
  const policies = lab
    .objects()
    .map(nameOf)
    .filter(({ kind }) => kind === 'NetworkPolicy');
  const agents = await Promise.all(lab.nodes().map(async (node) => ({ node: node.name, status: await lab.agentStatus(node.name) })));
  if (json === true) {
    const known = policies.map(({ namespace, name: policy }) => `${namespace}/${policy}`);
    console.log(
      JSON.stringify(
        { name: lab.name, nodes: lab.nodes(), pods: lab.pods(), services: lab.services(), policies: known, agents },
        undefined,
        2,
      ),
    );
    return;
  }
  for (const node of lab.nodes()) {
    const agent = agentText(agents.find((candidate) => candidate.node === node.name)?.status);
    console.log(`${pc.bold(node.name)}  ${node.addresses.join('  ')}  ${agent}  ${pc.dim(node.netns)}`);
    printPods(lab, node.name);
  }
  if (lab.pods().some((pod) => pod.node === '')) console.log(pc.bold('outside the cluster'));
  printPods(lab, '');
  for (const service of lab.services()) printService(service);
  console.log(`${policies.length} network policies`);
  for (const note of kernelNotes()) console.log(pc.dim(note));
}

function printService(service: LabService): void {
  const ports = service.ports.map(({ protocol, port, nodePort }) => {
    const onNodes = nodePort === undefined ? '' : ` (nodes: ${nodePort})`;
    return `${port}/${protocol.toLowerCase()}${onNodes}`;
  });
  const addresses = [...service.clusterIPs, ...service.externalIPs, ...service.loadBalancerIPs];
  console.log(`${pc.bold(`Service ${service.key}`)}  ${addresses.length === 0 ? 'headless' : addresses.join('  ')}  ${ports.join(' ')}`);
}

/** The agent's own words are checked no further than they are used. */
function agentText(status: unknown): string {
  if (status === undefined) return pc.dim('no agent');
  const { healthy, failure } = status as { readonly healthy?: boolean; readonly failure?: string | null };
  return healthy === true ? pc.green('agent enforces') : pc.red(`agent in trouble: ${failure ?? 'see its status'}`);
}

function printPods(lab: Lab, node: string): void {
  for (const pod of lab.pods().filter((candidate) => candidate.node === node)) {
    const ports = pod.ports.map(({ protocol, port }) => `${port}/${protocol.toLowerCase()}`).join(' ');
    console.log(`  ${pod.key.padEnd(28)} ${pod.addresses.join('  ').padEnd(36)} ${ports}  ${pc.dim(pod.netns)}`);
  }
}
