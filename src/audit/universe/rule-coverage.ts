/** Whether some rules together allow everything that another one allows, for every peer that could exist. */

import { isIPv4, MAPPED, prefixContains, type Prefix } from '../../model/ip.ts';
import type { Peer, Rule } from '../../policy/policy.ts';
import { BlockIndex } from '../../policy/block-index.ts';
import { containsPorts, NO_PORTS, overlapPorts, portsOf, unionPorts, type Ports } from '../../policy/ports.ts';
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
export function isCovered(rule: Rule, all: readonly Rule[], kinds: readonly PeerKind[]): boolean {
  const asked = allowanceOf([rule]);
  const others = all.filter((other) => mayHelp(other, rule));
  const anyone = others.filter(({ peers }) => peers === undefined);
  if (contains(allowanceOf(anyone), asked)) return true;
  if (rule.peers === undefined) return false;
  return rule.peers.every((peer) =>
    peer.kind === 'block' ? coversBlock(peer, others, asked) : coversPods(peerKey(peer), others, asked, kinds),
  );
}

/** Without ports in common it cannot help to cover the rule. */
export function mayHelp(other: Rule, rule: Rule): boolean {
  const [own, asked] = [allowanceOfRule(other), allowanceOfRule(rule)];
  if (overlapPorts(own.ports, asked.ports)) return true;
  return asked.names.size > 0 && (own.ports === 'all' || !own.names.isDisjointFrom(asked.names));
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
    const takes = ({ peers }: Rule): boolean => peers === undefined || indexOf(peers).contains(piece.address, piece.length);
    return (
      others.some((other) => contains(allowanceOfRule(other), asked) && takes(other)) || contains(allowanceOf(others.filter(takes)), asked)
    );
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

/** Of all together. */
function allowanceOf(rules: readonly Rule[]): Allowance {
  const [first, ...more] = rules.map(allowanceOfRule);
  if (first === undefined) return { ports: NO_PORTS, names: new Set() };
  if (more.length === 0) return first;
  const all = [first, ...more];
  return { ports: unionPorts(all.map(({ ports }) => ports)), names: new Set(all.flatMap(({ names }) => [...names])) };
}

const allowances = new WeakMap<Rule, Allowance>();

/** A rule is asked about beside each of the others. */
function allowanceOfRule(rule: Rule): Allowance {
  let allowance = allowances.get(rule);
  if (allowance === undefined) allowances.set(rule, (allowance = makeAllowance(rule)));
  return allowance;
}

function makeAllowance({ ports }: Rule): Allowance {
  if (ports === undefined) return { ports: 'all', names: new Set() };
  const names = ports.flatMap((port) => ('name' in port ? [nameKey(port)] : []));
  return { ports: portsOf(ports.filter((port) => 'first' in port)), names: new Set(names) };
}

function contains(outer: Allowance, inner: Allowance): boolean {
  if (!containsPorts(outer.ports, inner.ports)) return false;
  return outer.ports === 'all' || inner.names.isSubsetOf(outer.names);
}
