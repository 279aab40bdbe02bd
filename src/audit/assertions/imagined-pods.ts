/** Pods that do not exist, one of each kind that the policies at one end could tell from the others: who else might come, or be reached. */

import type { Address } from '../../model/ip.ts';
import { NAMESPACE_NAME_LABEL, type Labels, type LabelSelector } from '../../model/labels.ts';
import type { Direction } from '../../model/verdict.ts';
import { selectsNamespace, type PodPeer } from '../../policy/peer-list.ts';
import type { Policy, Rule } from '../../policy/policy.ts';
import { listOf } from '../../policy/ruleset.ts';
import { matchesSelector } from '../../policy/selector.ts';
import type { AuditModel, PodClass } from '../model/audit-model.ts';
import { StandInAddresses } from '../model/stand-in-addresses.ts';
import { describeLabels, nameNewNamespace } from '../universe/describe-labels.ts';
import { makeLabelUniverse } from '../universe/label-universe.ts';
import { matchesPod } from './find-parties.ts';
import type { PodSelection } from './assertion.ts';

export interface ImaginedPod {
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
  readonly addresses: readonly Address[];
}

export class ImaginedPods {
  /** Combinations that were too many. */
  cut = false;
  readonly #model: AuditModel;
  readonly #addresses: readonly Address[];
  readonly #made = new Map<string, readonly ImaginedPod[]>();

  constructor(model: AuditModel, podNetworks: readonly string[] = []) {
    this.#model = model;
    const networks = podNetworks.length > 0 ? podNetworks : (model.nodes[0]?.podCIDRs ?? []);
    const taken = [...model.input.workloads.flatMap(({ pods }) => pods), ...model.classes.map(({ pod }) => pod)];
    this.#addresses = new StandInAddresses(
      networks,
      taken.flatMap(({ hostNetwork, addresses }) => (hostNetwork ? [] : addresses)),
    ).take();
  }

  /** All that `policies`, which isolate in `direction`, the policies on the other side, and the selections tell apart; without those that are selected. */
  list(direction: Direction, policies: readonly Policy[], selections: readonly PodSelection[]): readonly ImaginedPod[] {
    const key = [direction, ...policies.map((policy) => policy.key), JSON.stringify(selections)].join('\n');
    let made = this.#made.get(key);
    if (made === undefined) this.#made.set(key, (made = [...this.#make(direction, podPeers(direction, policies), selections)]));
    return made;
  }

  *#make(direction: Direction, peers: readonly PodPeer[], selections: readonly PodSelection[]): Generator<ImaginedPod> {
    const other = direction === 'ingress' ? 'egress' : 'ingress';
    for (const [namespace, namespaceLabels] of this.#namespaces(peers, selections)) {
      const here = peers.filter((peer) => selectsNamespace(peer, namespace, namespaceLabels)).map(({ pods }) => pods);
      const excepted = selections.filter((selection) => isInside(selection, namespace, namespaceLabels));
      const subjects = this.#model
        .policiesIn(namespace)
        .flatMap(({ policy }) => (policy.subject === undefined || policy.rules[other] === undefined ? [] : [policy.subject]));
      const { sets, cut } = makeLabelUniverse([...here, ...subjects, ...excepted.map(selectorOf)]);
      this.cut ||= cut;
      for (const labels of sets)
        if (!excepted.some((selection) => matchesPod(selection, { labels })))
          yield { namespace, namespaceLabels, labels, addresses: this.#addresses };
    }
  }

  /** Those that are there, and one of each kind that is not. */
  #namespaces(peers: readonly PodPeer[], selections: readonly PodSelection[]): ReadonlyMap<string, Labels> {
    const namespaces = new Map([...this.#model.namespaceNames].map((name) => [name, this.#model.namespaceLabels(name)]));
    const asked: LabelSelector[] = [
      ...peers.flatMap((peer) => ('selector' in peer.namespaces ? [peer.namespaces.selector] : [])),
      ...selections.map(({ namespace, namespaceLabels }) => ({
        matchLabels: namespace === undefined ? namespaceLabels : { ...namespaceLabels, [NAMESPACE_NAME_LABEL]: namespace },
      })),
    ];
    const { sets, cut } = makeLabelUniverse(asked);
    this.cut ||= cut;
    // Selectors may take two names alike, of which only one is that of a namespace whose pods are excepted.
    const named = new Set(asked.flatMap(namesIn));
    for (const labels of sets) {
      for (const name of labels[NAMESPACE_NAME_LABEL] === undefined
        ? [nameNewNamespace(labels)]
        : [...named, labels[NAMESPACE_NAME_LABEL]]) {
        if (!namespaces.has(name)) namespaces.set(name, { ...labels, [NAMESPACE_NAME_LABEL]: name });
      }
    }
    return namespaces;
  }
}

export function describeImagined({ namespace, labels }: ImaginedPod): string {
  return `any pod${describeLabels(labels)} in ${namespace}`;
}

/** By labels and namespaces; addresses are another matter. */
export function takesImagined({ namespaces, pods }: PodPeer, { namespace, namespaceLabels, labels }: ImaginedPod): boolean {
  return selectsNamespace({ kind: 'pods', namespaces, pods }, namespace, namespaceLabels) && matchesSelector(pods, labels);
}

/** A port name means nothing outside: an egress rule of blocks with one is for pods whose addresses come to lie there, and nobody knows which will. */
export function takesByName({ peers, ports }: Rule, direction: Direction): boolean {
  const named = ports?.some((port) => 'name' in port) === true;
  return direction === 'egress' && named && (peers ?? []).some(({ kind }) => kind === 'block');
}

/** The rule takes it in for its labels, and the pod that is there has the same ones: it cannot be told from that one's own. */
export function isTakenAs(rule: Rule, direction: Direction, imagined: ImaginedPod, { pod }: PodClass): boolean {
  if (takesByName(rule, direction)) return false;
  const list = rule.peers === undefined || rule.peers.length === 0 ? undefined : listOf(rule);
  if (pod.namespace !== imagined.namespace || list?.kind !== 'peers') return false;
  if (imagined.addresses.some((address) => list.blocks.contains(address))) return false;
  return list.pods
    .filter((peer) => takesImagined(peer, imagined))
    .every(({ pods }) => !matchesSelector(pods, {}) && keysOf(pods).every((key) => pod.labels[key] === imagined.labels[key]));
}

function keysOf({ matchLabels, matchExpressions }: LabelSelector): string[] {
  return [...Object.keys(matchLabels ?? {}), ...(matchExpressions ?? []).map(({ key }) => key)];
}

function namesIn({ matchLabels, matchExpressions }: LabelSelector): readonly string[] {
  const name = matchLabels?.[NAMESPACE_NAME_LABEL];
  const listed = (matchExpressions ?? []).flatMap(({ key, values }) => (key === NAMESPACE_NAME_LABEL ? (values ?? []) : []));
  return name === undefined ? listed : [name, ...listed];
}

function podPeers(direction: Direction, policies: readonly Policy[]): PodPeer[] {
  const rules = policies.flatMap((policy) => policy.rules[direction] ?? []);
  return rules.flatMap((rule) => (rule.peers ?? []).filter((peer) => peer.kind === 'pods'));
}

function isInside(selection: PodSelection, namespace: string, labels: Labels): boolean {
  return (
    (selection.namespace === undefined || selection.namespace === namespace) &&
    matchesSelector({ matchLabels: selection.namespaceLabels }, labels)
  );
}

function selectorOf({ labels, expressions }: PodSelection): LabelSelector {
  return { matchLabels: labels, matchExpressions: expressions };
}
