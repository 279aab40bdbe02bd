/** Rules that are open to the whole world, or to every pod of every namespace. */

import { formatPrefix } from '../../model/ip.ts';
import type { Direction } from '../../model/verdict.ts';
import type { Peer } from '../../policy/policy.ts';
import { describePortRules, isEverything } from '../describe-rule.ts';
import { listSome } from '../list-some.ts';
import type { AuditModel } from '../model/audit-model.ts';
import { isOpenWorld } from './blocks.ts';
import { listPeers, listRules, peerField, ruleField } from './fields.ts';
import { policyYaml } from './policy-yaml.ts';
import type { Check, CheckContext, Sighting } from './check.ts';

export const OPENNESS: readonly Check[] = [
  {
    id: 'PN009',
    name: 'ingress-world-open',
    severity: 'warning',
    summary: 'A rule lets the whole world in',
    why: 'Any address may connect: pods of every namespace, nodes, and whoever can reach the pod through a load balancer, a node port or a flat network.',
    mend: 'name who is meant: by selectors, or by the CIDRs of the clients or the load balancer',
    bad: policyYaml('podSelector: {}\ningress: [{ from: [{ ipBlock: { cidr: 0.0.0.0/0 } }] }]'),
    good: policyYaml('podSelector: {}\ningress: [{ from: [{ ipBlock: { cidr: 203.0.113.0/24 } }] }]'),
    run: (context) => findWorldOpen(context, 'ingress'),
  },
  {
    id: 'PN010',
    name: 'egress-world-open',
    severity: 'note',
    summary: 'A rule lets out to the whole world',
    why: 'The pods may connect to any address: other pods, nodes, the cloud’s metadata service, the internet. Stolen data leaves by such rules.',
    mend: 'name where to: by selectors, or by CIDRs; at least except the networks of the cluster and the metadata address 169.254.169.254/32',
    bad: policyYaml('podSelector: {}\npolicyTypes: [Egress]\negress: [{}]'),
    good: policyYaml(
      'podSelector: {}\npolicyTypes: [Egress]\negress: [{ to: [{ namespaceSelector: {} }], ports: [{ port: 53, protocol: UDP }] }]',
    ),
    run: (context) => findWorldOpen(context, 'egress'),
  },
  {
    id: 'PN011',
    name: 'open-to-all-namespaces',
    severity: 'note',
    summary: 'A rule lets in the pods of every namespace',
    why: 'An empty namespaceSelector without a podSelector takes in every pod of the cluster, those of other teams and of namespaces to come, too.',
    mend: 'select the namespaces by a label, or the pods',
    bad: policyYaml('podSelector: {}\ningress: [{ from: [{ namespaceSelector: {} }] }]'),
    good: policyYaml('podSelector: {}\ningress: [{ from: [{ namespaceSelector: { matchLabels: { team: shop } } }] }]'),
    run: findAllNamespaces,
  },
];

function* findWorldOpen({ model }: CheckContext, direction: Direction): Generator<Sighting> {
  for (const entry of model.policies.values()) {
    for (const { rule, direction: of } of listRules(entry)) {
      if (of !== direction || (rule.peers !== undefined && !rule.peers.some((peer) => isOpen(model, direction, peer)))) continue;
      const ports = describePortRules(rule.ports);
      if (rule.peers === undefined) {
        yield { message: `${WORDS[direction]} any address on ${ports}`, at: entry.place(ruleField(direction, rule)), key: ports };
        continue;
      }
      for (const { peer, index, rule: own, direction: side } of listPeers(entry)) {
        if (own !== rule || side !== direction || peer.kind !== 'block' || !isOpen(model, direction, peer)) continue;
        const message = `${WORDS[direction]} ${describeBlock(peer)} on ${ports}`;
        yield { message, at: entry.place(`${peerField(direction, rule, index)}.ipBlock`), key: `${formatPrefix(peer.cidr)} ${ports}` };
      }
    }
  }
}

const WORDS: Readonly<Record<Direction, string>> = { ingress: 'it takes connections from', egress: 'it lets connect to' };

function isOpen(model: AuditModel, direction: Direction, peer: Peer): boolean {
  return peer.kind === 'block' && isOpenWorld(model, direction, peer);
}

const EXCEPTS = 3;

function describeBlock({ cidr, except }: Extract<Peer, { kind: 'block' }>): string {
  return `${formatPrefix(cidr)}${except.length === 0 ? '' : ` except ${listSome(except.map(formatPrefix), EXCEPTS)}`}`;
}

function* findAllNamespaces({ model }: CheckContext): Generator<Sighting> {
  for (const entry of model.policies.values()) {
    for (const { direction, rule, index, peer } of listPeers(entry)) {
      if (direction !== 'ingress' || peer.kind !== 'pods' || 'name' in peer.namespaces) continue;
      if (!isEverything(peer.namespaces.selector) || !isEverything(peer.pods)) continue;
      yield {
        message: `it takes connections from every pod of every namespace on ${describePortRules(rule.ports)}`,
        at: entry.place(peerField(direction, rule, index)),
        key: describePortRules(rule.ports),
      };
    }
  }
}
