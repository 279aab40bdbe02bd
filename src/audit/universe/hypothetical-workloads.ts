/** Workloads that do not exist, one of each kind that policies could tell from the others: what holds for them holds for all that may come. */

import { NAMESPACE_NAME_LABEL, type Labels, type LabelSelector } from '../../model/labels.ts';
import { selectsNamespace, type PodPeer } from '../../policy/peer-list.ts';
import type { ContainerPort } from '../../model/objects.ts';
import type { Direction } from '../../model/verdict.ts';
import { parsePolicy } from '../../policy/parse-policy.ts';
import type { Peer, Policy, Rule } from '../../policy/policy.ts';
import { matchesSelector } from '../../policy/selector.ts';
import type { AuditInput, Workload } from '../input/audit-input.ts';
import { describeLabels, nameNewNamespace } from './describe-labels.ts';
import { describeNamedPorts, imaginePorts } from './imagined-ports.ts';
import { makeLabelUniverse } from './label-universe.ts';

export interface HypotheticalWorkloads {
  readonly workloads: readonly Workload[];
  /** Namespaces that none of them is in today, with the labels that they would have. */
  readonly namespaces: ReadonlyMap<string, Labels>;
  readonly cut: boolean;
}

/** Among more, pairs take too long. */
const MOST = 400;
const MOST_DESTINATIONS = 2000;

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

/** A kind of pod again, with ports of the names that rules ask it for. */
export interface HypotheticalDestination {
  readonly workload: Workload;
  readonly like: Workload;
}

/** Those of the workloads whose ports rules ask for by name: what their pods may call so, they are reached at. */
export function imagineDestinations(
  inputs: readonly AuditInput[],
  { workloads, namespaces }: HypotheticalWorkloads,
): { readonly destinations: readonly HypotheticalDestination[]; readonly cut: boolean } {
  const policies = inputs.flatMap(readPolicies);
  const labels = new Map([...inputs.flatMap((input) => [...namespacesOf(input)]), ...namespaces]);
  const destinations = workloads.flatMap((like) =>
    imaginePorts(listRules(like, labels.get(like.namespace) ?? {}, policies)).map((ports) => ({ like, workload: callPorts(like, ports) })),
  );
  return { destinations: destinations.slice(0, MOST_DESTINATIONS), cut: destinations.length > MOST_DESTINATIONS };
}

/** Those that say which of its ports are reached. */
function listRules(
  { namespace, labels }: Workload,
  namespaceLabels: Labels,
  policies: readonly Policy[],
): Record<Direction, readonly Rule[]> {
  const isTaken = (peer: Peer): boolean =>
    peer.kind === 'block' || (selectsNamespace(peer, namespace, namespaceLabels) && matchesSelector(peer.pods, labels));
  const own = policies.filter(
    (policy) => policy.namespace === namespace && policy.subject !== undefined && matchesSelector(policy.subject, labels),
  );
  return {
    ingress: own.flatMap(({ rules }) => rules.ingress ?? []),
    egress: policies.flatMap(({ rules }) => rules.egress ?? []).filter(({ peers }) => peers === undefined || peers.some(isTaken)),
  };
}

function callPorts(like: Workload, ports: readonly ContainerPort[]): Workload {
  const name = `${like.name}${describeNamedPorts(ports)}`;
  return { ...like, name, ports, at: { object: `${name} in ${like.namespace}` } };
}

/** The input with them in it. */
export function addHypothetical(
  input: AuditInput,
  { workloads, namespaces }: Pick<HypotheticalWorkloads, 'workloads' | 'namespaces'>,
): AuditInput {
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
