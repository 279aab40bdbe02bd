/** Has nodes forget where they sent clients' flows. */

import { runCommand } from '../../../src/lab/processes/run-command.ts';
import { STRANGER } from '../../support/builders/three-namespaces.ts';
import type { ClusterPlan } from '../harness/plan.ts';

/**
 * A node sends what has the ports of an unanswered SYN, or of a datagram, to where it sent that one, for two minutes; and a client soon uses a port
 * again. A new choice is to be seen. The nodes' own flows stay: their connections to the API server are rewritten, too.
 */
export async function forgetFlows({ nodes, podRanges }: ClusterPlan): Promise<void> {
  for (const { netns } of nodes) {
    for (const client of [...podRanges.split(','), ...STRANGER]) {
      const family = client.includes(':') ? 'ipv6' : 'ipv4';
      const { code, stderr } = await runCommand(['conntrack', '--delete', '--family', family, '--src', client], { netns });
      if (code !== 0 && !/\b0 flow entries/.test(stderr)) throw new Error(`flows of ${client} are not forgotten: ${stderr}`);
    }
  }
}
