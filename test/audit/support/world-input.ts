/** Worlds of the generators as inputs of an audit: each pod a workload of its own. */

import type { AuditInput, Workload } from '../../../src/audit/input/audit-input.ts';
import type { Pod } from '../../../src/model/objects.ts';
import type { World } from '../../support/oracle/world.ts';

/** One with addresses of its own, which does not run as its node: others are no ends that an audit speaks of. */
export function isPlain(pod: Pod, { pods, nodes }: World): boolean {
  const others = [...pods.filter((other) => other !== pod), ...nodes].flatMap(({ addresses }) => addresses);
  const taken = new Set(others);
  const isRunning = pod.phase !== 'Succeeded' && pod.phase !== 'Failed';
  return isRunning && !pod.hostNetwork && pod.addresses.length > 0 && !pod.addresses.some((address) => taken.has(address));
}

export function inputOf({ pods, namespaces, nodes, policies }: World): AuditInput {
  const objects = [...namespaces, ...nodes, ...policies, ...pods].map((object) => ({ object, at: {} }));
  const workloads = pods.map((pod): Workload => {
    const { namespace, name, labels, annotations, ports, hostNetwork } = pod;
    return { kind: 'Pod', namespace, name, labels, annotations, ports, hostNetwork, active: true, pods: [pod], at: {} };
  });
  return { name: 'a world', objects, workloads, routes: [], problems: [], missing: [], whole: true };
}
