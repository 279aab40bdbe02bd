/**
 * Everything that the policies of one namespace can tell apart: pods of its own that its policies select, and pods anywhere that its rules name. One of each
 * kind that could exist, whether it does today or not.
 */

import { NAMESPACE_NAME_LABEL, type Labels, type LabelSelector } from '../../model/labels.ts';
import { peerKey, selectsNamespace, type PodPeer } from '../../policy/peer-list.ts';
import type { Policy } from '../../policy/policy.ts';
import type { AuditModel } from '../model/audit-model.ts';
import { makeLabelUniverse } from './label-universe.ts';
import { SelectorsByLabel } from './selectors-by-label.ts';

/** A kind of pod of the namespace, by the policies that select it. */
export type SubjectKind = ReadonlySet<Policy>;
/** A kind of pod anywhere, by the pod peers (their keys) that take it in. */
export type PeerKind = ReadonlySet<string>;

export interface NamespaceUniverse {
  readonly subjects: readonly SubjectKind[];
  readonly peers: readonly PeerKind[];
  /** Some kinds were left out: there are too many. */
  readonly cut: boolean;
}

const MOST_PEER_KINDS = 16_384;

export function makeNamespaceUniverse(model: AuditModel, namespace: string, policies: readonly Policy[]): NamespaceUniverse {
  const subjects = listSubjects(policies);
  const peers = listPeerKinds(model, namespace, distinctPeers(policies));
  return { subjects: subjects.kinds, peers: peers.kinds, cut: subjects.cut || peers.cut };
}

function distinctPeers(policies: readonly Policy[]): ReadonlyMap<string, PodPeer> {
  const rules = policies.flatMap((policy) => [...(policy.rules.ingress ?? []), ...(policy.rules.egress ?? [])]);
  const peers = rules.flatMap((rule) => (rule.peers ?? []).filter((peer) => peer.kind === 'pods'));
  return new Map(peers.map((peer) => [peerKey(peer), peer]));
}

function listSubjects(policies: readonly Policy[]): { kinds: SubjectKind[]; cut: boolean } {
  const readable = policies.filter(({ subject }) => subject !== undefined);
  const subjectOf = ({ subject }: Policy): LabelSelector => subject as LabelSelector;
  const { sets, cut } = makeLabelUniverse(readable.map(subjectOf));
  const selectors = new SelectorsByLabel(readable, subjectOf);
  const kinds = new Map<string, SubjectKind>();
  for (const labels of sets) {
    const selecting = selectors.taking(labels);
    kinds.set(selecting.map(({ key }) => key).join(), new Set(selecting));
  }
  return { kinds: [...kinds.values()], cut };
}

function listPeerKinds(model: AuditModel, namespace: string, peers: ReadonlyMap<string, PodPeer>): { kinds: PeerKind[]; cut: boolean } {
  const selectors = [...peers.values()].flatMap(({ namespaces }) => ('selector' in namespaces ? [namespaces.selector] : []));
  const places = makeLabelUniverse(selectors);
  const pods = makeLabelUniverse([...peers.values()].map((peer) => peer.pods));
  const kinds = new Map<string, PeerKind>();
  const seen = new Set<string>();
  for (const [name, labels] of [[namespace, model.namespaceLabels(namespace)] as const, ...places.sets.map(placeOf)]) {
    const open = [...peers].filter(([, peer]) => selectsNamespace(peer, name, labels));
    const where = open.map(([key]) => key).join();
    if (seen.has(where)) continue;
    seen.add(where);
    const byLabel = new SelectorsByLabel(open, ([, peer]) => peer.pods);
    for (const set of pods.sets) {
      const taking = byLabel.taking(set).map(([key]) => key);
      kinds.set(taking.join('\n'), new Set(taking));
    }
    if (kinds.size > MOST_PEER_KINDS) return { kinds: [...kinds.values()], cut: true };
  }
  return { kinds: [...kinds.values()], cut: places.cut || pods.cut };
}

/** Namespaces have their name as a label; which one it is matters only where a selector asks for it. */
function placeOf(labels: Labels): readonly [name: string, labels: Labels] {
  const name = labels[NAMESPACE_NAME_LABEL] ?? 'another-namespace';
  return [name, { ...labels, [NAMESPACE_NAME_LABEL]: name }];
}
