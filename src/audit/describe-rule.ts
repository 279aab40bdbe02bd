/** Words for selectors, peers, ports and rules, as people write them in a sentence. */

import { formatPrefix } from '../model/ip.ts';
import type { LabelSelector } from '../model/labels.ts';
import type { Direction, Protocol } from '../model/verdict.ts';
import { PROTOCOLS } from '../model/verdict.ts';
import type { Peer, PortRule, Rule } from '../policy/policy.ts';
import type { PortRange, Ports } from '../policy/ports.ts';

const LAST_PORT = 65535;

/** `any peer on 80/TCP`, `pods {app=web} in shop on all ports` */
export function describeRule(rule: Rule, direction: Direction): string {
  const side = direction === 'ingress' ? 'from' : 'to';
  return `${side} ${describePeers(rule.peers)} on ${describePortRules(rule.ports)}`;
}

export function describePeers(peers: readonly Peer[] | undefined): string {
  if (peers === undefined) return 'any peer';
  return peers.length === 0 ? 'nobody' : peers.map(describePeer).join(' or ');
}

export function describePeer(peer: Peer): string {
  if (peer.kind === 'block') {
    const except = peer.except.length === 0 ? '' : ` except ${peer.except.map(formatPrefix).join(', ')}`;
    return `${formatPrefix(peer.cidr)}${except}`;
  }
  const pods = isEverything(peer.pods) ? 'all pods' : `pods ${describeSelector(peer.pods)}`;
  if ('name' in peer.namespaces) return `${pods} in ${peer.namespaces.name}`;
  return isEverything(peer.namespaces.selector)
    ? `${pods} in all namespaces`
    : `${pods} in namespaces ${describeSelector(peer.namespaces.selector)}`;
}

/** `{app=web, tier in (a, b), !legacy}`, as kubectl writes selectors. */
export function describeSelector({ matchLabels, matchExpressions }: LabelSelector): string {
  const labels = Object.entries(matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const expressions = (matchExpressions ?? []).map(({ key, operator, values }) => {
    const list = `(${(values ?? []).join(', ')})`;
    switch (operator) {
      case 'In':
        return `${key} in ${list}`;
      case 'NotIn':
        return `${key} notin ${list}`;
      case 'Exists':
        return key;
      case 'DoesNotExist':
        return `!${key}`;
    }
  });
  return `{${[...labels, ...expressions].join(', ')}}`;
}

export function isEverything({ matchLabels, matchExpressions }: LabelSelector): boolean {
  return Object.keys(matchLabels ?? {}).length === 0 && (matchExpressions ?? []).length === 0;
}

export function describePortRules(ports: readonly PortRule[] | undefined): string {
  if (ports === undefined) return 'all ports';
  return ports.length === 0 ? 'no port' : ports.map(describePortRule).join(', ');
}

function describePortRule(port: PortRule): string {
  return 'name' in port ? `${port.name}/${port.protocol}` : describeRange(port, port.protocol);
}

/** `80/TCP, 8000-8999/TCP, all UDP ports`; `all ports`, `no port` */
export function describePorts(ports: Ports): string {
  if (ports === 'all') return 'all ports';
  const words = PROTOCOLS.flatMap((protocol) => ports[protocol].map((range) => describeRange(range, protocol)));
  return words.length === 0 ? 'no port' : words.join(', ');
}

function describeRange({ first, last }: PortRange, protocol: Protocol): string {
  if (first <= 1 && last === LAST_PORT) return `all ${protocol} ports`;
  return `${first === last ? first : `${first}-${last}`}/${protocol}`;
}
