/** What the compiled policies say about a probe in a lab: the same compiler that the agents use. */

import type { FlowExplanation } from '../../compiler/explain.ts';
import { compileReachability } from '../../compiler/reachability.ts';
import { decodeObject } from '../../model/decode/object.ts';
import { parseAddress } from '../../model/ip.ts';
import type { Lab } from '../lab.ts';
import type { Expectation, LabPod, ProbeRequest } from '../types.ts';

/** Of the policies as they are now; ask anew after a change. */
export function expectationOf(lab: Lab): Expectation {
  const explain = explanationOf(lab);
  const pods = new Map(lab.pods().map((pod) => [pod.key, pod]));
  return (probe, seenFrom) => {
    const { egress, ingress, allowed } = explain(probe);
    if (allowed && seenFrom === undefined) return true;
    const [from, to] = [pods.get(probe.from), pods.get(probe.to)];
    const entering = seenFrom === undefined ? ingress : explain(probe, seenFrom).ingress;
    const leaves = egress.verdict !== 'deny' || isNodeOf(to, from);
    const enters = entering.verdict !== 'deny' || isNodeOf(from, to);
    return leaves && enters;
  };
}

/** Judges probes by policy alone: that a pod and its own node always reach each other is not part of it. `source`: instead of the client's address. */
export function explanationOf(lab: Lab): (probe: ProbeRequest, source?: string) => FlowExplanation {
  const objects = lab.objects().map((object) => decodeObject(object));
  const explain = compileReachability(objects.filter((object) => object !== undefined));
  const addressOf = (host: string, probe: ProbeRequest): string => (host.includes('/') ? lab.podAddress(host, probe.family ?? 4) : host);
  return (probe, source = lab.podAddress(probe.from, probe.to.includes(':') ? 6 : (probe.family ?? 4))) =>
    explain({
      source: parseAddress(source),
      destination: parseAddress(addressOf(probe.to, probe)),
      protocol: probe.protocol,
      port: probe.port,
    });
}

/** A pod on the host's network is its node. */
function isNodeOf(host: LabPod | undefined, pod: LabPod | undefined): boolean {
  return host?.hostNetwork === true && pod !== undefined && host.node === pod.node;
}
