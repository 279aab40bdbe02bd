/**
 * The oracle: judges a flow straight from the NetworkPolicy API's text, one policy after another, with no tables.
 * It shares no code with the compiler, so that one misreading cannot hide in both.
 */

import { isIPv4, prefixContains } from '../../../src/model/ip.ts';
import type { Address, Prefix } from '../../../src/model/ip.ts';
import { NAMESPACE_NAME_LABEL } from '../../../src/model/labels.ts';
import type { Labels } from '../../../src/model/labels.ts';
import type { Pod } from '../../../src/model/objects.ts';
import { PROTOCOL_NUMBER, PROTOCOLS } from '../../../src/model/verdict.ts';
import type { Direction, Protocol } from '../../../src/model/verdict.ts';
import { readPolicy } from './read-policy.ts';
import type { ReadPolicy, Rule } from './read-policy.ts';
import type { Peer } from './read-peer.ts';
import type { PolicyPort } from './read-port.ts';
import { selectorMatches } from './read-selector.ts';
import type { Flow, Judgement, Reason, SideVerdict, World } from './world.ts';

type Judge = (flow: Flow) => Judgement;

/** Reads the policies of a world once, for many flows. `refused`: keys of policies that do not fit; they isolate and allow nothing. */
export function createOracle(world: World, refused: ReadonlySet<string> = new Set()): Judge {
  const policies = world.policies
    .map(readPolicy)
    .map((policy) => (refused.has(policy.key) ? { ...policy, ingress: [], egress: [] } : policy));
  return (flow) => judge(world, policies, flow);
}

/** A connection needs the source's egress and the destination's ingress. */
function judge(world: World, policies: readonly ReadPolicy[], flow: Flow): Judgement {
  const source = ownerOf(world, flow.source);
  const destination = ownerOf(world, flow.destination);
  const because: Reason[] = [];
  const judgeSide = (direction: Direction): SideVerdict => {
    const pod = direction === 'ingress' ? destination : source;
    if (pod === undefined || !isEnforcedFor(world, pod)) return 'not-isolated';

    const isolating = policies.filter((policy) => selects(policy, pod) && policy.policyTypes.includes(direction));
    if (isolating.length === 0) return 'not-isolated';

    const exemption = exemptionOf(world, flow, direction, source, destination);
    if (exemption !== undefined) {
      because.push({ direction, text: exemption });
      return 'allow';
    }

    const allowing = isolating.flatMap((policy) => allowingRules(world, policy, direction, flow, source, destination));
    because.push(...(allowing.length > 0 ? allowing : isolating.map((policy) => refusalOf(policy, direction))));
    return allowing.length > 0 ? 'allow' : 'deny';
  };
  const egress = judgeSide('egress');
  const ingress = judgeSide('ingress');
  return { egress, ingress, allowed: egress !== 'deny' && ingress !== 'deny', because };
}

/** Not while somebody has broken the glass at its node, nor where its namespace is excluded. */
function isEnforcedFor(world: World, pod: Pod): boolean {
  const node = world.nodes.find(({ name }) => name === pod.nodeName);
  return node?.annotations['postern.dev/enforcement'] !== 'off' && world.excludedNamespaces?.includes(pod.namespace) !== true;
}

function refusalOf(policy: ReadPolicy, direction: Direction): Reason {
  const text = policy.valid
    ? 'isolates the pod and has no rule for this flow'
    : 'cannot be read, so it isolates the pod and allows nothing';
  return { direction, policy: policy.key, text };
}

/** Traffic that no policy can forbid: of a pod with itself, and of a pod with the node that it runs on. */
function exemptionOf(
  world: World,
  flow: Flow,
  direction: Direction,
  source: Pod | undefined,
  destination: Pod | undefined,
): string | undefined {
  if (source !== undefined && source === destination) return 'the pod itself';
  if (direction === 'egress' && isNodeAddress(world, source?.nodeName, flow.destination)) return "to the pod's own node";
  const fromNode = flow.sourceIsLocalNode === true && isNodeAddress(world, destination?.nodeName, flow.source);
  if (direction === 'ingress' && fromNode) return "from the pod's own node";
  return undefined;
}

function isNodeAddress(world: World, nodeName: string | undefined, address: Address): boolean {
  return world.nodes.some((node) => node.name === nodeName && node.addresses.includes(address));
}

/** The newest pod that has the address and has not ended; by uid where two started together. A hostNetwork pod is its node. */
export function ownerOf(world: Pick<World, 'pods'>, address: Address): Pod | undefined {
  const owners = world.pods.filter((pod) => !pod.hostNetwork && !hasEnded(pod) && pod.addresses.includes(address));
  return owners.toSorted((a, b) => (b.startedAt ?? 0) - (a.startedAt ?? 0) || (a.uid < b.uid ? 1 : -1))[0];
}

function hasEnded(pod: Pod): boolean {
  return pod.phase === 'Succeeded' || pod.phase === 'Failed';
}

/** A policy selects pods of its own namespace only. */
export function selects(policy: ReadPolicy, pod: Pod): boolean {
  return policy.podSelector !== undefined && policy.namespace === pod.namespace && selectorMatches(policy.podSelector, pod.labels);
}

function allowingRules(
  world: World,
  policy: ReadPolicy,
  direction: Direction,
  flow: Flow,
  source: Pod | undefined,
  destination: Pod | undefined,
): readonly Reason[] {
  const peerAddress = direction === 'ingress' ? flow.source : flow.destination;
  const peerPod = direction === 'ingress' ? source : destination;
  const allows = (rule: Rule): boolean =>
    (rule.peers.length === 0 || rule.peers.some((peer) => peerMatches(world, policy, peer, peerAddress, peerPod))) &&
    (rule.ports.length === 0 || rule.ports.some((port) => portMatches(port, flow, destination)));
  return policy[direction].flatMap((rule, index) =>
    allows(rule) ? [{ direction, policy: policy.key, rule: index, text: 'allows it' }] : [],
  );
}

export function peerMatches(world: World, policy: ReadPolicy, peer: Peer, address: Address, pod: Pod | undefined): boolean {
  switch (peer.kind) {
    case 'nothing':
      return false;
    case 'block':
      return blockContains(peer.cidr, address) && !peer.except.some((except) => blockContains(except, address));
    case 'pods': {
      if (pod === undefined) return false;
      const inNamespace =
        peer.namespaceSelector === undefined
          ? pod.namespace === policy.namespace
          : selectorMatches(peer.namespaceSelector, namespaceLabels(world, pod.namespace));
      return inNamespace && (peer.podSelector === undefined || selectorMatches(peer.podSelector, pod.labels));
    }
  }
}

/** Families never mix, though IPv4 addresses stand as mapped IPv6 ones in the model. */
function blockContains(prefix: Prefix, address: Address): boolean {
  return isIPv4(prefix.address) === isIPv4(address) && prefixContains(prefix, address);
}

/** Every namespace has its name as a label, also one that no manifest mentions. */
function namespaceLabels(world: World, name: string): Labels {
  const namespace = world.namespaces.find((candidate) => candidate.name === name);
  return { ...namespace?.labels, [NAMESPACE_NAME_LABEL]: name };
}

/** A port is always the destination's; a name means the first container port of that name and protocol in the destination pod. */
function portMatches(entry: PolicyPort, flow: Flow, destination: Pod | undefined): boolean {
  if (entry.protocol !== protocolOf(flow)) return false;
  if (entry.port === undefined) return true;
  if (flow.port === undefined) return false;
  if (typeof entry.port === 'string') {
    const named = destination?.ports.find((port) => port.name === entry.port && port.protocol === entry.protocol);
    return named?.port === flow.port;
  }
  return entry.port <= flow.port && flow.port <= (entry.endPort ?? entry.port);
}

/** Undefined for protocols that a policy cannot name. */
function protocolOf(flow: Flow): Protocol | undefined {
  return PROTOCOLS.find((protocol) => flow.protocol === protocol || flow.protocol === PROTOCOL_NUMBER[protocol]);
}
