/** Whether some rules together allow everything that another one allows, for every peer that could exist. */

import { isIPv4, MAPPED, prefixContains, type Prefix } from '../../model/ip.ts';
import type { Peer, Rule } from '../../policy/policy.ts';
import { BlockIndex } from '../../policy/block-index.ts';
import { containsPorts, NO_PORTS, portsOf, unionPorts, type Ports } from '../../policy/ports.ts';
import { peerKey } from '../../policy/peer-list.ts';
import { nameKey } from '../../policy/ruleset.ts';
import type { PeerKind } from './namespace-universe.ts';

/** Ports by number, and by names whose numbers nobody can know beforehand. */
interface Allowance {
  readonly ports: Ports;
  readonly names: ReadonlySet<string>;
}

type Block = Extract<Peer, { kind: 'block' }>;

/** Exact but for two cases, in which it says no where the truth may be yes: a port name that a number covers, and pods that blocks cover. */
export function isCovered(rule: Rule, others: readonly Rule[], kinds: readonly PeerKind[]): boolean {
  const asked = allowanceOf([rule]);
  const anyone = others.filter(({ peers }) => peers === undefined);
  if (contains(allowanceOf(anyone), asked)) return true;
  if (rule.peers === undefined) return false;
  return rule.peers.every((peer) =>
    peer.kind === 'block' ? coversBlock(peer, others, asked) : coversPods(peerKey(peer), others, asked, kinds),
  );
}

/** Every kind of pod that the peer takes in gets what is asked by rules that take in that kind, too. */
function coversPods(peer: string, others: readonly Rule[], asked: Allowance, kinds: readonly PeerKind[]): boolean {
  return kinds
    .filter((kind) => kind.has(peer))
    .every((kind) => {
      const taking = others.filter(
        ({ peers }) => peers === undefined || peers.some((one) => one.kind === 'pods' && kind.has(peerKey(one))),
      );
      return contains(allowanceOf(taking), asked);
    });
}

/** The block is cut where any block begins or ends: within a piece all addresses are treated alike. */
function coversBlock(block: Block, others: readonly Rule[], asked: Allowance): boolean {
  const blocks = others.flatMap(({ peers }) => (peers ?? []).filter((peer) => peer.kind === 'block'));
  const edges = [block, ...blocks].flatMap(({ cidr, except }) => [cidr, ...except]);
  const own = new BlockIndex([block]);
  const pieces = edges.filter((edge) => isWithin(edge, block.cidr) && own.contains(edge.address, edge.length));
  return pieces.every((piece) => {
    const taking = others.filter(({ peers }) => peers === undefined || indexOf(peers).contains(piece.address, piece.length));
    return contains(allowanceOf(taking), asked);
  });
}

const indexes = new WeakMap<readonly Peer[], BlockIndex>();

function indexOf(peers: readonly Peer[]): BlockIndex {
  let index = indexes.get(peers);
  if (index === undefined) indexes.set(peers, (index = new BlockIndex(peers.filter((peer) => peer.kind === 'block'))));
  return index;
}

/** Families never mix: ::/0 holds no IPv4 address. */
function isWithin(inner: Prefix, outer: Prefix): boolean {
  const family = ({ address, length }: Prefix): boolean => length >= MAPPED.length && isIPv4(address);
  return family(inner) === family(outer) && inner.length >= outer.length && prefixContains(outer, inner.address);
}

function allowanceOf(rules: readonly Rule[]): Allowance {
  const names = new Set<string>();
  const sets = rules.map(({ ports }): Ports => {
    if (ports === undefined) return 'all';
    for (const port of ports) if ('name' in port) names.add(nameKey(port));
    return portsOf(ports.filter((port) => 'first' in port));
  });
  return { ports: sets.length === 0 ? NO_PORTS : unionPorts(sets), names };
}

function contains(outer: Allowance, inner: Allowance): boolean {
  if (!containsPorts(outer.ports, inner.ports)) return false;
  return outer.ports === 'all' || inner.names.isSubsetOf(outer.names);
}
