/** The `from` or `to` of a rule as a set of addresses, named by its content. */

import { formatPrefix } from '../model/ip.ts';
import type { Labels } from '../model/labels.ts';
import type { Protocol } from '../model/verdict.ts';
import { BlockIndex } from './block-index.ts';
import type { Peer } from './policy.ts';
import { matchesSelector, selectorKey } from './selector.ts';

export type PodPeer = Extract<Peer, { kind: 'pods' }>;

/** A condition on addresses. Equal keys mean equal conditions. */
export type PeerList =
  | {
      readonly kind: 'peers';
      readonly key: string;
      /** Content names of its peers: a list that has all of another's contains it. */
      readonly peers: ReadonlySet<string>;
      readonly pods: readonly PodPeer[];
      readonly blocks: BlockIndex;
    }
  /** Pods whose container port of this name and protocol has this number. */
  | { readonly kind: 'port-number'; readonly key: string; readonly protocol: Protocol; readonly name: string; readonly number: number };

export function makePeerList(peers: readonly Peer[]): PeerList {
  const keys = new Set(peers.map(peerKey));
  return {
    kind: 'peers',
    key: [...keys].sort().join('|'),
    peers: keys,
    pods: peers.filter((peer) => peer.kind === 'pods'),
    blocks: new BlockIndex(peers.filter((peer) => peer.kind === 'block')),
  };
}

export function makePortNumberList(protocol: Protocol, name: string, number: number): PeerList {
  return { kind: 'port-number', key: `port ${protocol}/${name}=${number}`, protocol, name, number };
}

/** Every address of `inner` is in `outer`, told by their peers alone: may say no where the truth is yes. */
export function containsList(outer: PeerList, inner: PeerList): boolean {
  if (outer.key === inner.key) return true;
  return outer.kind === 'peers' && inner.kind === 'peers' && inner.peers.isSubsetOf(outer.peers);
}

/** Does one of the list's pod peers take in pods with these labels, in this namespace with those labels? */
export function selectsPod(list: PeerList, namespace: string, namespaceLabels: Labels, labels: Labels): boolean {
  return (
    list.kind === 'peers' &&
    list.pods.some((peer) => selectsNamespace(peer, namespace, namespaceLabels) && matchesSelector(peer.pods, labels))
  );
}

export function selectsNamespace(peer: PodPeer, namespace: string, labels: Labels): boolean {
  return 'name' in peer.namespaces ? peer.namespaces.name === namespace : matchesSelector(peer.namespaces.selector, labels);
}

/** Equal for peers of equal text. */
export function peerKey(peer: Peer): string {
  if (peer.kind === 'block') return `block ${formatPrefix(peer.cidr)} except ${peer.except.map(formatPrefix).sort().join(',')}`;
  const namespaces = 'name' in peer.namespaces ? `in ${peer.namespaces.name}` : `where {${selectorKey(peer.namespaces.selector)}}`;
  return `pods {${selectorKey(peer.pods)}} ${namespaces}`;
}
