/** The least policies that allow a list of flows: for each workload and direction one. */

import { compareText } from '../../manifests/manifests.ts';
import { formatPrefix, isIPv4, ADDRESS_BITS } from '../../model/ip.ts';
import type { Direction } from '../../model/verdict.ts';
import { DNS_LABELS, DNS_NAMESPACE, DNS_PORT } from '../checks/dns.ts';
import { nameWorkload } from '../checks/isolation.ts';
import type { AuditModel } from '../model/audit-model.ts';
import { knownAddresses } from '../model/known-addresses.ts';
import type { Workload } from '../input/audit-input.ts';
import { FlowPeers, isNameServers, type PrefixLengths } from './flow-peers.ts';
import { PodGroups, type PodGroup } from './pod-groups.ts';
import { PodOwners } from './pod-owners.ts';
import { PolicyNames } from './policy-names.ts';
import type { FlowList } from './read-flows.ts';
import type { PeerDraft, PolicyDraft, PortDraft, RuleDraft, Suggestion } from './suggestion.ts';
import { describeLosses, flowWords, nameSome } from './suggestion-words.ts';
import { tallyFlows, type GroupTally, type PeerTally, type PortCount } from './tally-flows.ts';

export interface SuggestOptions {
  readonly directions: readonly Direction[];
  /** Also what no policy allowed. */
  readonly includeDenied: boolean;
  /** Of blocks for what is outside of the cluster: 32 and 128 name single addresses. */
  readonly prefixes: PrefixLengths;
  /** These alone, flows or none; absent: all that had flows, but for kube-system. */
  readonly workloads?: readonly Workload[];
  /** Workloads of these alone. */
  readonly namespaces?: readonly string[];
}

/** From so many ports in a row on a rule has a range. */
const RANGE = 3;

export function suggestPolicies(model: AuditModel, list: FlowList, options: SuggestOptions): Suggestion {
  const owners = new PodOwners(model.input);
  const groups = new PodGroups(model.input);
  const peers = new FlowPeers(model, owners, groups, options.prefixes);
  const tally = tallyFlows(list, { owners, groups, peers, includeDenied: options.includeDenied });
  const names = new PolicyNames(model.input);
  const chosen = groups.all.filter((group) => isWanted(group, tally.groups.has(group.key), options));
  const drafted = chosen.filter(({ labels }) => Object.keys(labels).length > 0);
  const policies = drafted.flatMap((group) =>
    options.directions.map((direction) => draftPolicy(model, names, group, tally.groups.get(group.key), direction)),
  );
  const nameless = chosen.filter(({ labels }) => Object.keys(labels).length === 0).flatMap(({ workloads }) => workloads);
  const silent = groups.all.filter((group) => !tally.groups.has(group.key) && !chosen.includes(group) && isNear(group, options));
  const losses = describeLosses(list, tally, options.includeDenied);
  return {
    policies,
    notes: [
      ...losses.notes,
      ...(silent.length === 0 ? [] : [`no policy, because no flow was seen, for ${nameSome(silent.flatMap(nameAll))}`]),
      ...leftToSystem(groups, tally.groups, options),
    ],
    lacking: [
      ...losses.lacking,
      ...(nameless.length === 0
        ? []
        : [`no policy, because nothing selects pods without labels, for ${nameSome(nameless.map(nameWorkload))}`]),
      ...hostNetworked(options.workloads ?? []),
    ],
  };
}

function isWanted(group: PodGroup, hadFlows: boolean, options: SuggestOptions): boolean {
  if (options.workloads !== undefined) return group.workloads.some((one) => options.workloads?.includes(one));
  return hadFlows && isNear(group, options);
}

/** Denying by default what every cluster lives by is a step that nobody takes by the way. */
function isNear({ namespace }: PodGroup, { workloads, namespaces }: SuggestOptions): boolean {
  if (workloads !== undefined) return false;
  return namespaces === undefined ? namespace !== DNS_NAMESPACE : namespaces.includes(namespace);
}

function leftToSystem(groups: PodGroups, tallies: ReadonlyMap<string, GroupTally>, options: SuggestOptions): string[] {
  const left = groups.all.filter(({ key, namespace }) => namespace === DNS_NAMESPACE && tallies.has(key));
  if (left.length === 0 || options.workloads !== undefined || options.namespaces !== undefined) return [];
  return [`no policy, unless --workload asks for it, for ${nameSome(left.flatMap(nameAll))}`];
}

function hostNetworked(workloads: readonly Workload[]): string[] {
  const own = workloads.filter(({ hostNetwork }) => hostNetwork).map(nameWorkload);
  return own.length === 0 ? [] : [`no policy, because pods on the host's network are out of the reach of policies, for ${nameSome(own)}`];
}

function nameAll({ workloads }: PodGroup): string[] {
  return workloads.map(nameWorkload);
}

function draftPolicy(
  model: AuditModel,
  names: PolicyNames,
  group: PodGroup,
  tally: GroupTally | undefined,
  direction: Direction,
): PolicyDraft {
  const rules = draftRules(model, group, tally?.peers[direction] ?? [], direction);
  return {
    namespace: group.namespace,
    name: names.take(group.namespace, group.workloads[0]?.name ?? 'pods', `-${direction}`),
    podSelector: { matchLabels: group.labels },
    rules: { [direction]: rules },
    comments: [
      `${direction} of ${nameSome(nameAll(group))}${rules.length === 0 ? ': no flow was seen, so it allows nothing' : ''}`,
      ...describeSelection(group),
      ...describeOthers(model, group, direction),
      ...[...(tally?.left[direction] ?? [])].map(([words, flows]) => `not allowed: ${flowWords(flows)} ${words}`).sort(),
    ],
  };
}

/** Whom the labels select beside those that are meant. */
function describeSelection({ workloads, others, strays }: PodGroup): string[] {
  return [
    ...(workloads.length > 1 ? ['they have the same labels, so that one policy is for all of them'] : []),
    ...(others.length === 0 ? [] : [`it selects ${nameSome(others.map(nameWorkload))} as well, whose labels are the same and more`]),
    ...(strays.length === 0 ? [] : [`it does not select the running ${nameSome(strays)}, with other labels than the template`]),
  ];
}

function describeOthers(model: AuditModel, group: PodGroup, direction: Direction): string[] {
  const classes = group.workloads.flatMap((workload) => model.classesOf(workload));
  const allowing = classes.flatMap((one) => model.isolating(one, direction).filter((policy) => (policy.rules[direction] ?? []).length > 0));
  const keys = [...new Set(allowing.map(({ key }) => key))].sort();
  return keys.length === 0 ? [] : [`policies add up: what ${nameSome(keys)} allows stays allowed`];
}

function draftRules(model: AuditModel, own: PodGroup, tallies: readonly PeerTally[], direction: Direction): RuleDraft[] {
  const pods = tallies.filter(({ peer }) => peer.kind !== 'block').map((tally) => draftPodRule(own, tally, direction));
  const blocks = tallies.filter(({ peer }) => peer.kind === 'block');
  const byPorts = Map.groupBy(blocks, ({ ports }) => ports.map(({ protocol, port }) => `${port}/${protocol}`).join());
  const sortedBlocks = [...byPorts.values()].map((same) => same.toSorted(compareBlocks)).sort(([a], [b]) => compareBlocks(a, b));
  return [
    ...pods.sort((a, b) => compareText(a.order, b.order)).map(({ rule }) => rule),
    ...sortedBlocks.map((same) => draftBlockRule(model, same, direction)),
  ];
}

function draftPodRule(own: PodGroup, tally: PeerTally, direction: Direction): { readonly order: string; readonly rule: RuleDraft } {
  const { peer, ports } = tally;
  const group = peer.kind === 'pods' ? peer.group : undefined;
  const namespace = group?.namespace ?? DNS_NAMESPACE;
  const who = group === undefined ? 'the name servers' : nameSome(nameAll(group));
  const draft: PeerDraft = { kind: 'pods', namespace, podSelector: { matchLabels: group?.labels ?? DNS_LABELS } };
  const isDns = direction === 'egress' && isNameServers(peer);
  const comments = [
    `${flowWords(countAll(ports))} ${direction === 'ingress' ? 'from' : 'to'} ${who}${isDns && group !== undefined ? ' (DNS)' : ''}`,
    ...(group === undefined || group.others.length === 0
      ? []
      : [`its labels select ${nameSome(group.others.map(nameWorkload))} as well, with the same labels and more`]),
    ...(group === undefined || group.strays.length === 0 ? [] : [`it does not select the running ${nameSome(group.strays)}: other labels`]),
    ...(isDns && lacksTcp(ports) ? [`answers that are too long for a datagram come by ${DNS_PORT}/TCP, which was not seen`] : []),
  ];
  const order = [namespace === own.namespace ? '0' : '1', namespace, who].join('\n');
  return { order, rule: { peers: [draft], ports: draftPorts(ports), comments } };
}

function lacksTcp(ports: readonly PortCount[]): boolean {
  const has = (protocol: string): boolean => ports.some((one) => one.port === DNS_PORT && one.protocol === protocol);
  return has('UDP') && !has('TCP');
}

function draftBlockRule(model: AuditModel, tallies: readonly PeerTally[], direction: Direction): RuleDraft {
  const prefixes = tallies.flatMap(({ peer }) => (peer.kind === 'block' ? [peer.prefix] : []));
  const flows = tallies.reduce((sum, { ports }) => sum + countAll(ports), 0);
  const names = [...new Set(tallies.flatMap((tally) => tally.names))].sort();
  const single = prefixes.every(({ length }) => length === ADDRESS_BITS);
  const what = `${prefixes.length} ${single ? 'address' : 'network'}${prefixes.length === 1 ? '' : single ? 'es' : 's'}`;
  const { pods, services, nodes } = knownAddresses(model);
  const inside = prefixes
    .filter(({ length }) => length < ADDRESS_BITS)
    .flatMap((cidr) => [pods, services, nodes].flatMap((set) => set.findIn({ kind: 'block', cidr, except: [] }) ?? []));
  return {
    peers: prefixes.map((prefix) => ({ kind: 'block', cidr: formatPrefix(prefix) })),
    ports: draftPorts(tallies[0]?.ports ?? []),
    comments: [
      `${flowWords(flows)} ${direction === 'ingress' ? 'from' : 'to'} ${what} outside${names.length === 0 ? '' : `: ${nameSome(names)}`}`,
      ...(inside.length === 0
        ? []
        : [`the cluster's own addresses are among them, such as that of ${nameSome([...new Set(inside)].sort())}`]),
    ],
  };
}

/** IPv4 first. */
function compareBlocks(a: PeerTally | undefined, b: PeerTally | undefined): number {
  const [one, other] = [a, b].map((tally) => (tally?.peer.kind === 'block' ? tally.peer.prefix.address : 0n)) as [bigint, bigint];
  if (isIPv4(one) !== isIPv4(other)) return isIPv4(one) ? -1 : 1;
  return one < other ? -1 : one > other ? 1 : 0;
}

function countAll(ports: readonly PortCount[]): number {
  return ports.reduce((sum, { flows }) => sum + flows, 0);
}

/** Sorted as they come: a run of ports is one range. */
function draftPorts(ports: readonly PortCount[]): PortDraft[] {
  const runs: PortCount[][] = [];
  for (const one of ports) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run !== undefined && last?.protocol === one.protocol && last.port + 1 === one.port) run.push(one);
    else runs.push([one]);
  }
  return runs.flatMap((run) => {
    const [first, last] = [run[0], run.at(-1)];
    if (first === undefined || last === undefined || run.length < RANGE) return run.map(({ protocol, port }) => ({ protocol, port }));
    return [{ protocol: first.protocol, port: first.port, endPort: last.port }];
  });
}
