/** Says what a whole answer needs and the input lacks. */

import { listSome } from '../list-some.ts';
import type { PlacedObject } from '../../manifests/manifests.ts';
import { NAMESPACE_NAME_LABEL, type LabelSelector } from '../../model/labels.ts';
import { objectKey } from '../../model/objects.ts';
import { parsePolicy } from '../../policy/parse-policy.ts';
import type { Policy } from '../../policy/policy.ts';
import type { Missing, Route, Workload } from './audit-input.ts';

export interface PartialInput {
  readonly objects: readonly PlacedObject[];
  readonly workloads: readonly Workload[];
  readonly routes: readonly Route[];
  /** False where something that could not be read was, or may have been, a NetworkPolicy. */
  readonly policiesComplete: boolean;
}

/**
 * Of manifests, which are some of a cluster's: what is elsewhere is no fault. So a namespace counts as there when something is in it, and the Namespace
 * object of one that has pods is missed only where a policy asks for labels that nothing but the object tells; Services only where routes lead to them and there is none.
 */
export function findMissing(input: PartialInput): readonly Missing[] {
  return [...missPolicies(input), ...missPods(input), ...missNamespaces(input), ...missServices(input)];
}

function missPolicies({ policiesComplete }: PartialInput): readonly Missing[] {
  return policiesComplete ? [] : [{ kind: 'NetworkPolicy', reason: 'something that is, or may be, a NetworkPolicy cannot be read' }];
}

function missPods({ objects, workloads }: PartialInput): readonly Missing[] {
  if (workloads.length > 0) return [];
  const hasPolicies = objects.some(({ object }) => object.kind === 'NetworkPolicy');
  const reason = hasPolicies
    ? 'there are policies, and no pods and no workloads that they could select'
    : 'there are no policies, no pods and no workloads: nothing to audit';
  return [{ kind: 'Pod', reason }];
}

function missNamespaces({ objects, workloads }: PartialInput): readonly Missing[] {
  const known = new Set<string>();
  const used = new Set(workloads.map(({ namespace }) => namespace));
  const asked = new Set<string>();
  for (const { object } of objects) {
    if (object.kind === 'Namespace') known.add(object.name);
    if (object.kind !== 'NetworkPolicy') continue;
    for (const key of namespaceLabelsOf(parsePolicy(object))) asked.add(key);
  }
  const unknown = [...used].filter((name) => !known.has(name)).toSorted();
  if (asked.size === 0 || unknown.length === 0) return [];
  const reason = `policies select namespaces by ${listSome([...asked].toSorted(), LISTED)}, and the labels of ${listSome(unknown, LISTED)} are not known: no Namespace object says them`;
  return [{ kind: 'Namespace', reason }];
}

function namespaceLabelsOf(policy: Policy): readonly string[] {
  const rules = [...(policy.rules.ingress ?? []), ...(policy.rules.egress ?? [])];
  return rules
    .flatMap(({ peers }) => peers ?? [])
    .flatMap((peer) => (peer.kind === 'pods' && 'selector' in peer.namespaces ? keysOf(peer.namespaces.selector) : []))
    .filter((key) => key !== NAMESPACE_NAME_LABEL);
}

function keysOf({ matchLabels, matchExpressions }: LabelSelector): readonly string[] {
  return [...Object.keys(matchLabels ?? {}), ...(matchExpressions ?? []).map(({ key }) => key)];
}

function missServices({ objects, routes }: PartialInput): readonly Missing[] {
  const [route] = routes.filter(({ backends }) => backends.length > 0);
  if (route === undefined || objects.some(({ object }) => object.kind === 'Service')) return [];
  return [{ kind: 'Service', reason: `${route.kind} ${objectKey(route)} leads to a Service, and there is none` }];
}

const LISTED = 5;
