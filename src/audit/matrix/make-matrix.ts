/** Makes the matrix of who reaches whom out of the compiled policies. */

import type { Rule } from '../../policy/policy.ts';
import { portsKey, type Ports } from '../../policy/ports.ts';
import { listOf } from '../../policy/ruleset.ts';
import { DIRECTIONS, type Direction } from '../../model/verdict.ts';
import { formatPrefix } from '../../model/ip.ts';
import type { Pod } from '../../model/objects.ts';
import type { NamedNetwork } from '../input/audit-input.ts';
import type { AuditModel, AuditPolicy, PodClass } from '../model/audit-model.ts';
import { describeClass } from '../model/class-name.ts';
import { listOutside, type OutsideNetwork } from '../model/outside.ts';
import { Reach } from '../model/reach.ts';
import { workloadId } from '../model/workload-id.ts';
import { portsOfRule, ruleTakesNetwork, ruleTakesPod } from '../model/rule-reach.ts';
import { describePlace } from '../describe-place.ts';
import { describeRule } from '../describe-rule.ts';
import type { MatrixClass, MatrixPeer, MatrixReport, MatrixRule, PortsByName } from './matrix-report.ts';

export interface MatrixOptions {
  readonly by?: 'workload' | 'pod';
  readonly networks?: readonly NamedNetwork[];
}

/** A class of pods, or a network outside. */
type Party = { readonly kind: 'pods'; readonly pods: PodClass } | { readonly kind: 'outside'; readonly network: OutsideNetwork };

export function makeMatrix(model: AuditModel, { by = 'workload', networks = [] }: MatrixOptions = {}): MatrixReport {
  const { parties, peers } = listParties(model, by, listOutside(model, networks));
  const reach = new Reach(model);
  const isolation = parties.map((party) => ({
    ingress: isolatingOf(model, party, 'ingress'),
    egress: isolatingOf(model, party, 'egress'),
  }));
  const { rules, rulesOf } = listRules(model, reach, parties, isolation);
  const classes = isolation.map(({ ingress, egress }): MatrixClass => {
    return {
      ingress: ingress.length === 0 ? undefined : ingress,
      egress: egress.length === 0 ? undefined : egress,
      ingressRules: ingress.flatMap((policy) => rulesOf.get(`ingress ${policy}`) ?? []),
      egressRules: egress.flatMap((policy) => rulesOf.get(`egress ${policy}`) ?? []),
    };
  });
  return { input: model.input.name, peers, classes, rules, ...judgePairs(reach, parties), incomplete: [] };
}

function isolatingOf(model: AuditModel, party: Party, direction: Direction): readonly string[] {
  return party.kind === 'outside' ? [] : model.isolating(party.pods, direction).map(({ key }) => key);
}

/** Pods on the host's network are their node, which no policy here judges: they are no peers. */
function listParties(
  model: AuditModel,
  by: 'workload' | 'pod',
  outside: readonly OutsideNetwork[],
): { parties: readonly Party[]; peers: readonly MatrixPeer[] } {
  const parties: Party[] = [];
  const peers: MatrixPeer[] = [];
  const known = new Map<string, number>();
  for (const pods of model.classes) {
    const { workload, pod, names } = pods;
    if (pod.hostNetwork) continue;
    const key = model.interests.keyOf(pod);
    let index = known.get(key);
    if (index === undefined) {
      known.set(key, (index = parties.length));
      parties.push({ kind: 'pods', pods });
    }
    const { namespace } = workload;
    const several = model.classesOf(workload).length > 1;
    const name = several ? `${workload.name} (${describeClass(pods)})` : workload.name;
    const common = { namespace, workload: workload.kind, class: index };
    if (by === 'workload') peers.push({ id: workloadId({ ...workload, name }), kind: 'workload', name, pods: names.length, ...common });
    else
      for (const one of names.length === 0 ? [name] : names)
        peers.push({ id: `${namespace}/${one}`, kind: 'pod', name: one, pods: 1, ...common });
  }
  for (const network of outside) {
    const common = { kind: 'outside', namespace: '', workload: '', pods: 0 } as const;
    const networks = network.prefixes.map(formatPrefix);
    peers.push({ id: network.name, name: network.name, networks, class: parties.length, ...common });
    parties.push({ kind: 'outside', network });
  }
  return { parties, peers };
}

/** `isolation`: of each party, the keys of the policies. */
function listRules(
  model: AuditModel,
  reach: Reach,
  parties: readonly Party[],
  isolation: readonly Readonly<Record<Direction, readonly string[]>>[],
): { rules: MatrixRule[]; rulesOf: Map<string, number[]> } {
  const rules: MatrixRule[] = [];
  const rulesOf = new Map<string, number[]>();
  const members = listMembers(reach, parties);
  const selections = { ingress: invert(isolation.map(({ ingress }) => ingress)), egress: invert(isolation.map(({ egress }) => egress)) };
  for (const entry of model.policies.values()) {
    for (const direction of DIRECTIONS) {
      const selected = selections[direction].get(entry.policy.key) ?? [];
      const indexes = (entry.policy.rules[direction] ?? []).map((rule) => {
        const peers = membersOf(model, rule, parties, members);
        return rules.push(describe(entry, direction, rule, peers, selected, parties)) - 1;
      });
      rulesOf.set(`${direction} ${entry.policy.key}`, indexes);
    }
  }
  return { rules, rulesOf };
}

/** By the keys of the peer lists that are compiled: who is in them. */
function listMembers(reach: Reach, parties: readonly Party[]): ReadonlyMap<string, readonly number[]> {
  return invert(
    parties.map((party) => {
      const identities = party.kind === 'outside' ? [party.network.identity] : party.pods.pod.addresses.map((one) => reach.identityOf(one));
      return new Set(identities.flatMap(({ lists }) => [...lists].map(({ list }) => list.key)));
    }),
  );
}

/** By each key the positions at which it stands. */
function invert(keys: readonly Iterable<string>[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  for (const [index, here] of keys.entries()) {
    for (const key of here) {
      const known = places.get(key);
      if (known === undefined) places.set(key, [index]);
      else known.push(index);
    }
  }
  return places;
}

/** Lists that other rules make needless are not compiled: they are asked party by party. */
function membersOf(
  model: AuditModel,
  rule: Rule,
  parties: readonly Party[],
  members: ReadonlyMap<string, readonly number[]>,
): readonly number[] {
  if (rule.peers?.length === 0) return [];
  if (rule.peers !== undefined && model.compiler.identities.isLive(listOf(rule))) return members.get(listOf(rule).key) ?? [];
  return [...parties.entries()].flatMap(([index, party]) => {
    const taken = party.kind === 'pods' ? ruleTakesPod(model, rule, party.pods.pod) : ruleTakesNetwork(rule, party.network.prefixes);
    return taken ? [index] : [];
  });
}

/** `selected`: the classes that the policy isolates in that direction. */
function describe(
  { policy, place }: AuditPolicy,
  direction: Direction,
  rule: Rule,
  peers: readonly number[],
  selected: readonly number[],
  parties: readonly Party[],
): MatrixRule {
  return {
    policy: policy.key,
    direction,
    index: rule.index,
    place: describePlace(place(`spec.${direction}[${rule.index}]`)),
    text: describeRule(rule, direction),
    peers,
    ports: portsOfRule(rule, undefined),
    byName: resolveNames(rule, direction === 'egress' ? peers : selected, parties),
  };
}

function resolveNames(rule: Rule, destinations: readonly number[], parties: readonly Party[]): readonly PortsByName[] {
  if (rule.ports?.some((port) => 'name' in port) !== true) return [];
  const unnamed = portsKey(portsOfRule(rule, undefined));
  const groups = Map.groupBy(destinations, (index) => portsKey(portsOfRule(rule, podOf(parties[index]))));
  return [...groups].flatMap(([key, members]) =>
    key === unnamed ? [] : [{ ports: portsOfRule(rule, podOf(parties[members[0] ?? -1])), destinations: members }],
  );
}

function podOf(party: Party | undefined): Pod | undefined {
  return party?.kind === 'pods' ? party.pods.pod : undefined;
}

function judgePairs(reach: Reach, parties: readonly Party[]): Pick<MatrixReport, 'allowed' | 'portSets'> {
  const portSets: Ports[] = [];
  const byKey = new Map<string, number>();
  // The same pairs of sets come again and again.
  const byObject = new Map<Ports, number>();
  const indexOf = (ports: Ports): number => {
    let index = byObject.get(ports);
    if (index !== undefined) return index;
    const key = portsKey(ports);
    index = byKey.get(key) ?? portSets.push(ports) - 1;
    byKey.set(key, index);
    byObject.set(ports, index);
    return index;
  };
  const judge = (source: Party, destination: Party): number => {
    const ports = judgePair(reach, source, destination);
    return ports === undefined ? -1 : indexOf(ports);
  };
  // Parties that the policies treat alike are judged once, and share a row.
  const groups = parties.map((party, index) => (party.kind === 'pods' ? reach.keyOf(party.pods) : `outside ${index}`));
  const heads = new Map(parties.map((party, index) => [groups[index] ?? '', party]));
  const rows = new Map<string, readonly number[]>();
  for (const [group, source] of heads) {
    const cells = new Map([...heads].map(([other, destination]) => [other, judge(source, destination)]));
    rows.set(
      group,
      groups.map((other) => cells.get(other) ?? -1),
    );
  }
  return { allowed: groups.map((group) => rows.get(group) ?? []), portSets };
}

function judgePair(reach: Reach, source: Party, destination: Party): Ports | undefined {
  if (source.kind === 'pods') {
    return destination.kind === 'pods'
      ? reach.between(source.pods, destination.pods)
      : reach.with('egress', source.pods, destination.network.identity);
  }
  return destination.kind === 'pods' ? reach.with('ingress', destination.pods, source.network.identity) : undefined;
}
