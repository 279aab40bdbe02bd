/** A host on the nodes' wire that is no part of the cluster. */

import { makeNamespaces, removeNamespaces, runBatch } from '../../../src/lab/network/namespaces.ts';
import { STRANGER } from '../../support/builders/three-namespaces.ts';
import { FABRIC_BRIDGE } from '../harness/network.ts';
import type { ClusterPlan } from '../harness/plan.ts';

const PORT = 'stranger';
const [V4, V6] = STRANGER;
/** Always the same: nodes remember it. */
const MAC = '02:89:00:00:01:07';
const NODES4 = '10.89.0.0/24';
const NODES6 = 'fd00:10:89::/64';

/** Its network namespace's name. One that a killed run left goes first. */
export async function connectStranger(plan: ClusterPlan): Promise<string> {
  await removeStranger(plan);
  const netns = nameOf(plan);
  await makeNamespaces([netns]);
  await runBatch(
    [`link add ${PORT} type veth peer name eth0 address ${MAC} netns ${netns}`, `link set ${PORT} master ${FABRIC_BRIDGE} up`],
    plan.fabricNetns,
  );
  await runBatch(
    [
      'link set lo up',
      'link set eth0 up',
      `addr add ${V4}/32 dev eth0`,
      `addr add ${V6}/128 dev eth0 nodad`,
      `route add ${NODES4} dev eth0`,
      `route add ${NODES6} dev eth0`,
      ...plan.nodes.flatMap((node) => [
        `route add ${node.podRange} via ${node.address}`,
        `route add ${node.podRange6} via ${node.address6}`,
      ]),
    ],
    netns,
  );
  for (const node of plan.nodes) await runBatch([`route replace ${V4}/32 dev eth0`, `route replace ${V6}/128 dev eth0`], node.netns);
  return netns;
}

export function removeStranger(plan: ClusterPlan): Promise<void> {
  return removeNamespaces([nameOf(plan)]);
}

function nameOf({ options }: ClusterPlan): string {
  return `${options.name}-stranger`;
}
