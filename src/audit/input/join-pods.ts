/** Finds out whose pods are whose: each pod goes to the workload at the top of its owners, which need not be among the input. */

import type { PlacedObject } from '../../manifests/manifests.ts';
import type { Location } from '../../model/error.ts';
import type { Labels } from '../../model/labels.ts';
import type { Pod } from '../../model/objects.ts';
import { withoutGenerated } from '../generated-labels.ts';
import type { FoundPod, FoundWorkload, Owner } from './audit-object.ts';
import type { Workload, WorkloadKind } from './audit-input.ts';
import { WORKLOAD_GROUPS } from './decode-workload.ts';

const HASH_LABEL = 'pod-template-hash';

/** The suffix that a CronJob gives its Jobs: minutes since the epoch. A date such as 20260131 is less. */
const CRON_JOB_NAME = /^(.*[a-z0-9])-(\d{8})$/;
const FIRST_MINUTE = 23_000_000;

interface Group {
  readonly kind: Exclude<WorkloadKind, 'Pod'>;
  readonly namespace: string;
  readonly name: string;
  /** Its own manifest. */
  own?: PlacedObject<FoundWorkload>;
  /** What it made in between: ReplicaSets, Jobs. */
  readonly made: PlacedObject<FoundWorkload>[];
  readonly pods: PlacedObject<FoundPod>[];
}

/** In the order of the input, pods that nobody made last. */
export function joinPods(pods: readonly PlacedObject<FoundPod>[], workloads: readonly PlacedObject<FoundWorkload>[]): readonly Workload[] {
  const known = new Map(
    workloads.map((placed) => [titleOf(placed.object.workload, placed.object.namespace, placed.object.name), placed.object]),
  );
  const groups = new Map<string, Group>();
  const groupOf = (namespace: string, { kind, name }: Owner): Group => {
    const title = titleOf(kind, namespace, name);
    const group: Group = groups.get(title) ?? { kind: kind as Group['kind'], namespace, name, made: [], pods: [] };
    groups.set(title, group);
    return group;
  };
  for (const placed of workloads) {
    const { workload, namespace, name } = placed.object;
    const top = topOwner(namespace, { kind: workload, name }, {}, known);
    const group = groupOf(namespace, top);
    if (top.kind === workload && top.name === name) group.own = placed;
    else group.made.push(placed);
  }
  const bare: Workload[] = [];
  for (const placed of pods) {
    const { pod, owner } = placed.object;
    if (owner === undefined || !(owner.kind in WORKLOAD_GROUPS)) bare.push(makeBare(pod, placed.at));
    else groupOf(pod.namespace, topOwner(pod.namespace, owner, pod.labels, known)).pods.push(placed);
  }
  return [...Array.from(groups.values(), makeWorkload), ...bare];
}

function titleOf(kind: string, namespace: string, name: string): string {
  return `${kind} ${namespace}/${name}`;
}

/** Only kinds of workloads are followed: what a custom controller owns stands for itself. */
function topOwner(namespace: string, owner: Owner, labels: Labels, known: ReadonlyMap<string, FoundWorkload>): Owner {
  const found = known.get(titleOf(owner.kind, namespace, owner.name));
  if (found !== undefined) {
    const above = found.owner;
    // No chain is longer than this; one that goes round in a circle ends.
    return above !== undefined && above.kind in WORKLOAD_GROUPS && above.kind !== owner.kind ? above : owner;
  }
  const hash = labels[HASH_LABEL];
  const deployment = hash !== undefined && owner.name.endsWith(`-${hash}`) ? owner.name.slice(0, -hash.length - 1) : '';
  if (owner.kind === 'ReplicaSet' && /[a-z0-9]$/.test(deployment)) return { kind: 'Deployment', name: deployment };
  const [, cronJob, minutes] = owner.kind === 'Job' ? (CRON_JOB_NAME.exec(owner.name) ?? []) : [];
  if (cronJob !== undefined && Number(minutes) >= FIRST_MINUTE) return { kind: 'CronJob', name: cronJob };
  return owner;
}

function makeBare(pod: Pod, at: Location): Workload {
  const { namespace, name, labels, annotations, ports, hostNetwork } = pod;
  const runs = !hasEnded(pod);
  return { kind: 'Pod', namespace, name, labels, annotations, ports, hostNetwork, active: runs, pods: runs ? [pod] : [], at };
}

function makeWorkload({ kind, namespace, name, own, made, pods }: Group): Workload {
  const all = pods.map(({ object }) => object.pod);
  const running = all.filter((pod) => !hasEnded(pod));
  const manifest = own ?? made.find(({ object }) => object.active) ?? made[0];
  const { labels, annotations, ports, hostNetwork, active } = manifest?.object ?? resemble(running.length > 0 ? running : all);
  return {
    kind,
    namespace,
    name,
    labels: own === undefined ? withoutGenerated(labels) : labels,
    annotations,
    ports,
    hostNetwork,
    active: active || running.length > 0,
    ...(own?.object.ordinals === undefined ? {} : { ordinals: own.object.ordinals }),
    pods: running,
    at: { ...(manifest ?? pods[0])?.at, object: titleOf(kind, namespace, name) },
  };
}

/** What the template of these pods says, as far as they can tell. */
function resemble(pods: readonly Pod[]): Pick<Workload, 'labels' | 'annotations' | 'ports' | 'hostNetwork' | 'active'> {
  const [first] = pods;
  return {
    labels: commonLabels(pods),
    annotations: first?.annotations ?? {},
    ports: first?.ports ?? [],
    hostNetwork: first?.hostNetwork ?? false,
    active: false,
  };
}

function hasEnded({ phase }: Pod): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

function commonLabels([first, ...others]: readonly Pod[]): Labels {
  return Object.fromEntries(
    Object.entries(first?.labels ?? {}).filter(([key, value]) => others.every(({ labels }) => labels[key] === value)),
  );
}
