/**
 * Pods that no policy can tell apart, as one: equal in the labels, port names and addresses that policies look at, and made by one workload. What an audit
 * does grows with these, not with pods.
 */

import { isIPv4, type Address } from '../../model/ip.ts';
import type { Labels, LabelSelector } from '../../model/labels.ts';
import type { Pod } from '../../model/objects.ts';
import type { Peer, Policy, PortRule } from '../../policy/policy.ts';
import { peerKey } from '../../policy/peer-list.ts';
import { labelsKey } from '../../policy/selector.ts';
import { listOf } from '../../policy/ruleset.ts';
import type { BlockIndex } from '../../policy/block-index.ts';
import { ALLOW_SPOOFING } from '../../compiler/compiler-options.ts';

/** What policies look at. */
export class PolicyInterests {
  /** Label keys of pods. */
  readonly keys: ReadonlySet<string>;
  readonly namesPorts: boolean;
  /** Of every rule with ipBlocks, once each. */
  readonly #blocks: readonly BlockIndex[];
  readonly #selectors: readonly LabelSelector[];

  constructor(policies: Iterable<Policy>) {
    const selectors: LabelSelector[] = [];
    const blocks = new Map<string, BlockIndex>();
    let namesPorts = false;
    for (const { subject, rules } of policies) {
      if (subject !== undefined) selectors.push(subject);
      for (const rule of [...(rules.ingress ?? []), ...(rules.egress ?? [])]) {
        for (const peer of rule.peers ?? []) if (isPods(peer)) selectors.push(peer.pods);
        if (rule.ports?.some(isNamed) === true) namesPorts = true;
        const list = rule.peers === undefined || rule.peers.length === 0 ? undefined : listOf(rule);
        if (list?.kind === 'peers' && !list.blocks.isEmpty) blocks.set(blocksKey(rule.peers ?? []), list.blocks);
      }
    }
    this.keys = new Set(selectors.flatMap(keysOf));
    this.namesPorts = namesPorts;
    this.#blocks = [...blocks.values()];
    this.#selectors = selectors;
  }

  /** That selectors name for the key. */
  valuesOf(key: string): readonly string[] {
    return this.#selectors.flatMap(({ matchLabels, matchExpressions }) => [
      ...(matchLabels?.[key] === undefined ? [] : [matchLabels[key]]),
      ...(matchExpressions ?? []).flatMap((expression) => (expression.key === key ? (expression.values ?? []) : [])),
    ]);
  }

  labels(labels: Labels): Labels {
    return Object.fromEntries(Object.entries(labels).filter(([key]) => this.keys.has(key)));
  }

  /** Equal for addresses of equal families that no ipBlock tells apart. */
  blockKey(addresses: readonly Address[]): string {
    const inside = (address: Address): string => this.#blocks.map((blocks) => (blocks.contains(address) ? '1' : '0')).join('');
    return addresses.map((address) => `${isIPv4(address) ? 4 : 6}${inside(address)}`).join('/');
  }

  /** Equal for pods of a namespace that no policy tells apart. */
  keyOf(pod: Pod): string {
    const ports = this.namesPorts ? pod.ports.map(({ name, protocol, port }) => `${name ?? ''}/${protocol}/${port}`).join(',') : '';
    const flags = `${pod.hostNetwork} ${pod.annotations[ALLOW_SPOOFING] ?? ''}`;
    return [pod.namespace, labelsKey(this.labels(pod.labels)), ports, flags, this.blockKey(pod.addresses)].join('\n');
  }
}

function keysOf({ matchLabels, matchExpressions }: LabelSelector): string[] {
  return [...Object.keys(matchLabels ?? {}), ...(matchExpressions ?? []).map(({ key }) => key)];
}

function isPods(peer: Peer): peer is Extract<Peer, { kind: 'pods' }> {
  return peer.kind === 'pods';
}

function isNamed(port: PortRule): port is Extract<PortRule, { name: string }> {
  return 'name' in port;
}

function blocksKey(peers: readonly Peer[]): string {
  const keys = peers.filter(({ kind }) => kind === 'block').map(peerKey);
  return [...new Set(keys)].sort().join('|');
}
