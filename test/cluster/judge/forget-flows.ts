/** Has nodes forget where they sent clients' flows. */

import { runCommand } from '../../../src/lab/processes/run-command.ts';
import { STRANGER } from '../../support/builders/three-namespaces.ts';
import type { ClusterPlan } from '../harness/plan.ts';

/** Each leaves fewer flows to meet. */
const MOST_TRIES = 100;

/**
 * A node sends what has the ports of an unanswered SYN, or of a datagram, to where it sent that one, for two minutes; and a client soon uses a port
 * again. A new choice is to be seen. The nodes' own flows stay: their connections to the API server are rewritten, too.
 */
export async function forgetFlows({ nodes, podRanges }: ClusterPlan): Promise<void> {
  for (const { netns } of nodes) {
    for (const client of [...podRanges.split(','), ...STRANGER]) await forgetClient(netns, client);
  }
}

/** An address or a range. */
async function forgetClient(netns: string, client: string): Promise<void> {
  const family = client.includes(':') ? 'ipv6' : 'ipv4';
  for (let left = MOST_TRIES; ; left -= 1) {
    const { code, stderr } = await runCommand(['conntrack', '--delete', '--family', family, '--src', client], { netns });
    if (code === 0 || /\b0 flow entries/.test(stderr)) return;
    // It stops at a flow whose time has run out since it was listed; others may be left.
    if (!/such conntrack doesn't exist/.test(stderr) || left === 0) throw new Error(`flows of ${client} are not forgotten: ${stderr}`);
  }
}
