/** Workloads as a policy can select them: those of a namespace that have the same labels are one, since no selector tells them apart. */

import { compareText } from '../../manifests/manifests.ts';
import type { Labels } from '../../model/labels.ts';
import { matchesSelector } from '../../policy/selector.ts';
import { withoutGenerated } from '../generated-labels.ts';
import type { AuditInput, Workload } from '../input/audit-input.ts';

export interface PodGroup {
  readonly key: string;
  readonly namespace: string;
  /** What selects them; empty: they have no labels of their own, and nothing selects them alone. */
  readonly labels: Labels;
  /** By kind and name; at least one. */
  readonly workloads: readonly Workload[];
  /** Others that the labels select as well: theirs are the same and more. */
  readonly others: readonly Workload[];
  /** Names of running pods that have other labels than their template, so that they are not selected. */
  readonly strays: readonly string[];
}

/** They change with every release: a policy by them would select nobody after the next one. */
const OF_A_RELEASE: ReadonlySet<string> = new Set(['helm.sh/chart', 'app.kubernetes.io/version']);

export class PodGroups {
  readonly #groupOf = new Map<Workload, PodGroup>();
  /** By namespace, then by name. */
  readonly all: readonly PodGroup[];

  /** Pods on the host's network are in none: no policy has to do with them. */
  constructor({ workloads }: AuditInput) {
    const groups: PodGroup[] = [];
    const selectable = workloads.filter(({ hostNetwork }) => !hostNetwork);
    for (const [namespace, here] of Map.groupBy(selectable, (workload) => workload.namespace)) {
      const sorted = here.toSorted((a, b) => compareText(a.name, b.name) || compareText(a.kind, b.kind));
      const byLabels = Map.groupBy(sorted, (workload) => JSON.stringify(chooseLabels(workload, here)));
      for (const [key, members] of byLabels) groups.push(makeGroup(namespace, key, members, here));
    }
    this.all = groups.sort((a, b) => compareText(a.namespace, b.namespace) || compareGroups(a, b));
    for (const group of this.all) for (const workload of group.workloads) this.#groupOf.set(workload, group);
  }

  of(workload: Workload): PodGroup | undefined {
    return this.#groupOf.get(workload);
  }
}

function compareGroups(a: PodGroup, b: PodGroup): number {
  const [one, other] = [a.workloads[0], b.workloads[0]];
  return compareText(one?.name ?? '', other?.name ?? '') || compareText(one?.kind ?? '', other?.kind ?? '');
}

/** Without labels of a release, where it does not need them to be told from others. */
function chooseLabels(workload: Workload, here: readonly Workload[]): Labels {
  const labels = sortLabels(withoutGenerated(workload.labels));
  const lasting = Object.fromEntries(Object.entries(labels).filter(([key]) => !OF_A_RELEASE.has(key)));
  const kept = Object.keys(lasting).length;
  if (kept === 0 || kept === Object.keys(labels).length) return labels;
  return countSelected(lasting, here) === countSelected(labels, here) ? lasting : labels;
}

function countSelected(matchLabels: Labels, here: readonly Workload[]): number {
  return here.filter((one) => matchesSelector({ matchLabels }, one.labels)).length;
}

function makeGroup(namespace: string, key: string, workloads: readonly Workload[], here: readonly Workload[]): PodGroup {
  const [first] = workloads;
  const labels = first === undefined ? {} : chooseLabels(first, here);
  const members = new Set(workloads);
  const selects = (other: Labels): boolean => matchesSelector({ matchLabels: labels }, other);
  return {
    key: `${namespace}/${key}`,
    namespace,
    labels,
    workloads,
    others: here.filter((one) => !members.has(one) && selects(one.labels)),
    strays: workloads.flatMap(({ pods }) => pods.filter((pod) => !selects(pod.labels)).map(({ name }) => name)).sort(),
  };
}

function sortLabels(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).sort(([a], [b]) => compareText(a, b)));
}
