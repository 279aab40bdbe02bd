/** Workloads that do not exist, one of each kind that policies could tell from the others: what holds for them holds for all that may come. */

import { NAMESPACE_NAME_LABEL, type Labels, type LabelSelector } from '../../model/labels.ts';
import { selectsNamespace, type PodPeer } from '../../policy/peer-list.ts';
import { parsePolicy } from '../../policy/parse-policy.ts';
import type { Policy } from '../../policy/policy.ts';
import type { AuditInput, Workload } from '../input/audit-input.ts';
import { describeLabels, nameNewNamespace } from './describe-labels.ts';
import { makeLabelUniverse } from './label-universe.ts';

export interface HypotheticalWorkloads {
  readonly workloads: readonly Workload[];
  /** Namespaces that none of them is in today, with the labels that they would have. */
  readonly namespaces: ReadonlyMap<string, Labels>;
  readonly cut: boolean;
}

/** Among more, pairs take too long. */
const MOST = 400;

/** `namespaces`: those that exist, with their labels. */
export function makeHypotheticalWorkloads(policies: readonly Policy[], namespaces: ReadonlyMap<string, Labels>): HypotheticalWorkloads {
  const rules = policies.flatMap((policy) => [...(policy.rules.ingress ?? []), ...(policy.rules.egress ?? [])]);
  const peers = rules.flatMap((rule) => (rule.peers ?? []).filter((peer) => peer.kind === 'pods'));
  const imagined = imagineNamespaces(peers, namespaces);
  const workloads: Workload[] = [];
  let cut = imagined.cut;
  for (const [namespace, labels] of [...namespaces, ...imagined.namespaces]) {
    const subjects = policies.filter((policy) => policy.namespace === namespace).map(({ subject }) => subject ?? {});
    const asked = peers.filter((peer) => selectsNamespace(peer, namespace, labels)).map(({ pods }) => pods);
    const universe = makeLabelUniverse([...subjects, ...asked]);
    cut ||= universe.cut;
    for (const set of universe.sets) workloads.push(imagineWorkload(namespace, set));
  }
  return { workloads: workloads.slice(0, MOST), namespaces: imagined.namespaces, cut: cut || workloads.length > MOST };
}

/** For all that the inputs' policies could tell apart, in namespaces that any of them has and in others. */
export function imagineWorkloads(inputs: readonly AuditInput[]): HypotheticalWorkloads {
  return makeHypotheticalWorkloads(inputs.flatMap(readPolicies), new Map(inputs.flatMap((input) => [...namespacesOf(input)])));
}

/** The input with them in it. */
export function addHypothetical(input: AuditInput, { workloads, namespaces }: HypotheticalWorkloads): AuditInput {
  const places = [...namespaces].map(([name, labels]) => ({ object: { kind: 'Namespace', name, labels } as const, at: {} }));
  return { ...input, objects: [...input.objects, ...places], workloads: [...input.workloads, ...workloads] };
}

export function readPolicies(input: AuditInput): Policy[] {
  return input.objects.flatMap(({ object }) => (object.kind === 'NetworkPolicy' ? [parsePolicy(object)] : []));
}

/** Those that are there, and those that something is in. */
function* namespacesOf(input: AuditInput): Generator<readonly [string, Labels]> {
  const known = new Map(
    input.objects.flatMap(({ object }) => (object.kind === 'Namespace' ? [[object.name, object.labels] as const] : [])),
  );
  const names = [...input.workloads, ...input.objects.flatMap(({ object }) => (object.kind === 'NetworkPolicy' ? [object] : []))];
  for (const name of new Set(names.map(({ namespace }) => namespace))) yield [name, known.get(name) ?? { [NAMESPACE_NAME_LABEL]: name }];
  yield* known;
}

function imagineNamespaces(
  peers: readonly PodPeer[],
  existing: ReadonlyMap<string, Labels>,
): { namespaces: ReadonlyMap<string, Labels>; cut: boolean } {
  const selectors: LabelSelector[] = peers.flatMap(({ namespaces }) => ('selector' in namespaces ? [namespaces.selector] : []));
  const { sets, cut } = makeLabelUniverse(selectors);
  const namespaces = new Map<string, Labels>();
  for (const labels of sets) {
    const name = labels[NAMESPACE_NAME_LABEL] ?? nameNewNamespace(labels);
    if (existing.has(name) || namespaces.has(name)) continue;
    namespaces.set(name, { ...labels, [NAMESPACE_NAME_LABEL]: name });
  }
  return { namespaces, cut };
}

function imagineWorkload(namespace: string, labels: Labels): Workload {
  const name = `a pod${describeLabels(labels)}`;
  return {
    kind: 'Pod',
    namespace,
    name,
    labels,
    annotations: {},
    ports: [],
    hostNetwork: false,
    active: true,
    pods: [],
    at: { object: `${name} in ${namespace}` },
  };
}
