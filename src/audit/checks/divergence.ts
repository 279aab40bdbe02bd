/** Constructs that the API leaves open or that plugins enforce differently: what is right with one may be open, or closed, with another. */

import { formatPrefix } from '../../model/ip.ts';
import type { AuditModel, AuditPolicy } from '../model/audit-model.ts';
import { findInBlock } from '../model/known-addresses.ts';
import { isInBlock, isWorld } from './blocks.ts';
import { listPeers, listPorts, listRules, peerField, portField, ruleField } from './fields.ts';
import { policyYaml } from './policy-yaml.ts';
import type { Check, CheckContext, Sighting } from './check.ts';

/** Entries of ports for a CIDR: more are left out by its controller (aws-network-policy-agent, BPF map value). */
const AWS_PORTS = 24;

export const DIVERGENCE: readonly Check[] = [
  {
    id: 'PN024',
    name: 'plugins-differ',
    severity: 'note',
    summary: 'Plugins enforce this differently',
    why: 'The API leaves some cases to the implementation, and some implementations fall short of it. A policy that is tested with one plugin may be open or closed with the next.',
    mend: 'write it so that all plugins agree, or test it with the one that is used',
    bad: policyYaml('podSelector: {}\ningress: [{ ports: [{ port: 5000, protocol: SCTP }] }]'),
    good: policyYaml('podSelector: {}\ningress: [{ ports: [{ port: 5000, protocol: TCP }] }]'),
    run: findDivergent,
  },
];

function* findDivergent({ model }: CheckContext): Generator<Sighting> {
  for (const entry of model.policies.values()) {
    yield* findBlocks(entry, model);
    yield* findSctp(entry);
    yield* findManyPorts(entry);
    yield* findExceptBesideAllow(entry);
  }
}

function* findBlocks(entry: AuditPolicy, model: AuditModel): Generator<Sighting> {
  for (const { direction, rule, index, peer } of listPeers(entry)) {
    if (peer.kind !== 'block' || isWorld(peer.cidr)) continue;
    const at = entry.place(`${peerField(direction, rule, index)}.ipBlock`);
    const cidr = formatPrefix(peer.cidr);
    if (findInBlock(model, 'pods', peer) !== undefined)
      yield {
        message: `${cidr} matches pods by their addresses: Cilium never matches pods by ipBlock, Calico, Antrea, kube-router and Postern do`,
        at,
        mend: 'name the pods by selectors',
        key: `pods ${cidr}`,
      };
    if (findInBlock(model, 'nodes', peer) !== undefined)
      yield {
        message: `${cidr} matches nodes: Cilium does so only with policy-cidr-match-mode=nodes; a pod’s own node passes everywhere`,
        at,
        key: `nodes ${cidr}`,
      };
  }
}

function* findSctp(entry: AuditPolicy): Generator<Sighting> {
  for (const { direction, rule, index, port } of listPorts(entry)) {
    if (port.protocol !== 'SCTP') continue;
    yield {
      message: 'SCTP: Cilium matches it only with sctp.enabled=true, and nodes need the kernel’s SCTP module',
      at: entry.place(portField(direction, rule, index)),
      key: 'SCTP',
    };
  }
}

function* findManyPorts(entry: AuditPolicy): Generator<Sighting> {
  for (const { direction, rule } of listRules(entry)) {
    if ((rule.ports?.length ?? 0) <= AWS_PORTS) continue;
    yield {
      message: `${rule.ports?.length} ports in one rule: the network policy agent of AWS enforces ${AWS_PORTS} for an address and denies the rest`,
      at: entry.place(`${ruleField(direction, rule)}.ports`),
      mend: 'write ranges with endPort, or fewer ports',
      key: 'ports',
    };
  }
}

/** An except narrows its own block alone; another rule may allow what it leaves out. */
function* findExceptBesideAllow(entry: AuditPolicy): Generator<Sighting> {
  const peers = [...listPeers(entry)];
  for (const { direction, rule, index, peer } of peers) {
    if (peer.kind !== 'block' || peer.except.length === 0) continue;
    const allowing = peers.find(
      (other) =>
        other.direction === direction &&
        other.peer !== peer &&
        other.peer.kind === 'block' &&
        peer.except.some((hole) => other.peer.kind === 'block' && isInBlock(other.peer, hole.address)),
    );
    if (allowing === undefined || allowing.peer.kind !== 'block') continue;
    yield {
      message: `an except of ${formatPrefix(peer.cidr)} lies in ${formatPrefix(allowing.peer.cidr)}, which is allowed beside it: some releases of the network policy agent of AWS deny it`,
      at: entry.place(`${peerField(direction, rule, index)}.ipBlock.except`),
      related: [{ message: 'allows it', at: entry.place(`${peerField(direction, allowing.rule, allowing.index)}.ipBlock`) }],
      key: formatPrefix(peer.cidr),
    };
  }
}
