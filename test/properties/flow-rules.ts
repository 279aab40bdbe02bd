/** The few rules that histories of flows are played under: who may open what to whom, as a list that is looked through, and as a manifest. */

/** What a peer can be taken for. Pods have a label; the others are known by their address. */
export type PeerClass = 'friend' | 'other' | 'block' | 'nodes';
export type Transport = 'tcp' | 'udp' | 'sctp' | 'echo';
export type Side = 'pod' | 'peer';

export interface PortRule {
  readonly transport: 'tcp' | 'udp' | 'sctp';
  readonly port: number;
}

export interface Rule {
  readonly peers: readonly PeerClass[] | 'anyone';
  readonly ports: readonly PortRule[] | 'every';
}

/** A direction without rules is not isolated. */
export interface Rules {
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

const BLOCKS: Readonly<Record<'block' | 'nodes', readonly string[]>> = {
  block: ['198.51.100.0/24', '2001:db8:5::/48'],
  nodes: ['10.9.0.0/24', 'fd00:9::/64'],
};

export function isIsolated(rules: Rules): boolean {
  return rules.ingress !== undefined || rules.egress !== undefined;
}

/** May `opener` open to `port`, which is its destination's? */
export function permits(rules: Rules, opener: Side, peer: readonly PeerClass[], transport: Transport, port: number): boolean {
  const direction = opener === 'pod' ? rules.egress : rules.ingress;
  if (direction === undefined) return true;
  return direction.some(
    (rule) =>
      (rule.peers === 'anyone' || rule.peers.some((one) => peer.includes(one))) &&
      (rule.ports === 'every' || rule.ports.some((one) => one.transport === transport && one.port === port)),
  );
}

/** The spec of a NetworkPolicy that says the same of the pods with that label. */
export function specOf(app: string, rules: Rules): unknown {
  return {
    podSelector: { matchLabels: { app } },
    policyTypes: [...(rules.ingress === undefined ? [] : ['Ingress']), ...(rules.egress === undefined ? [] : ['Egress'])],
    ...(rules.ingress === undefined ? {} : { ingress: rules.ingress.map((rule) => ruleOf(rule, 'from')) }),
    ...(rules.egress === undefined ? {} : { egress: rules.egress.map((rule) => ruleOf(rule, 'to')) }),
  };
}

function ruleOf(rule: Rule, key: 'from' | 'to'): unknown {
  return {
    ...(rule.peers === 'anyone' ? {} : { [key]: rule.peers.flatMap(peersOf) }),
    ...(rule.ports === 'every' ? {} : { ports: rule.ports.map(({ transport, port }) => ({ protocol: transport.toUpperCase(), port })) }),
  };
}

function peersOf(peer: PeerClass): readonly unknown[] {
  if (peer === 'block' || peer === 'nodes') return BLOCKS[peer].map((cidr) => ({ ipBlock: { cidr } }));
  return [{ podSelector: { matchLabels: { app: peer } } }];
}

/** For transcripts. */
export function describeRules(rules: Rules): string {
  const direction = (name: string, list: readonly Rule[] | undefined): string =>
    list === undefined ? `${name} open` : list.length === 0 ? `${name} closed` : `${name} ${list.map(describeRule).join(' or ')}`;
  return `${direction('ingress', rules.ingress)}, ${direction('egress', rules.egress)}`;
}

function describeRule({ peers, ports }: Rule): string {
  const who = peers === 'anyone' ? 'anyone' : peers.join('+') || 'no one';
  return `${who}:${ports === 'every' ? '*' : ports.map(({ transport, port }) => `${transport}/${port}`).join('+')}`;
}
