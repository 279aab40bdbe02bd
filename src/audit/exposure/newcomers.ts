/** Pods that do not exist yet, and which of them would reach a workload. */

import { NAMESPACE_NAME_LABEL, type Labels } from '../../model/labels.ts';
import { isEmptyPorts, portsKey, unionPorts, type Ports } from '../../policy/ports.ts';
import { describePorts } from '../describe-rule.ts';
import type { Workload } from '../input/audit-input.ts';
import type { AuditModel, PodClass } from '../model/audit-model.ts';
import type { Reach } from '../model/reach.ts';
import { nameNewNamespace } from '../universe/describe-labels.ts';
import type { HypotheticalWorkloads } from '../universe/hypothetical-workloads.ts';
import type { WorkloadExposure } from './exposure-report.ts';

/** A class of pods that may come. */
export interface Newcomer {
  readonly pods: PodClass;
  readonly namespaceLabels: Labels;
  /** Of its namespace nothing is asked but these labels; undefined where it is one that has a name. */
  readonly asked: Labels | undefined;
}

/** Kinds of pods to come that are told for each workload. */
const MOST_TOLD = 10;

/** Those of whom the least is asked come first, wherever they are before those of one namespace. */
export function listNewcomers(model: AuditModel, { workloads, namespaces }: HypotheticalWorkloads): Newcomer[] {
  const made = new Set(workloads);
  const newcomers = model.classes
    .filter(({ workload }) => made.has(workload))
    .map((pods): Newcomer => {
      const { namespace } = pods.workload;
      const { [NAMESPACE_NAME_LABEL]: _name, ...asked } = namespaces.get(namespace) ?? {};
      const isNew = namespace === nameNewNamespace(asked);
      return { pods, namespaceLabels: model.namespaceLabels(namespace), asked: isNew ? asked : undefined };
    });
  return newcomers.sort((a, b) => demandsOf(a) - demandsOf(b));
}

/** `a pod with role=friend in shop` */
export function describeNewcomer({ pods }: Newcomer): string {
  return `${pods.workload.name} in ${pods.workload.namespace}`;
}

function demandsOf({ asked, pods }: Newcomer): number {
  const place = asked === undefined ? Number.MAX_SAFE_INTEGER / 2 : Object.keys(asked).length;
  return place + Object.keys(pods.pod.labels).length;
}

/** Who gets the same as another one of whom less is asked is not told. */
export function whoMayCome(
  model: AuditModel,
  reach: Reach,
  newcomers: readonly Newcomer[],
  workload: Workload,
): Pick<WorkloadExposure, 'toCome' | 'moreToCome'> {
  const told: { readonly newcomer: Newcomer; readonly ports: Ports }[] = [];
  for (const newcomer of newcomers) {
    const ports = unionPorts(model.classesOf(workload).map((own) => reach.between(newcomer.pods, own)));
    if (isEmptyPorts(ports)) continue;
    if (told.some((known) => portsKey(known.ports) === portsKey(ports) && isMore(newcomer, known.newcomer))) continue;
    told.push({ newcomer, ports });
  }
  const toCome = told.slice(0, MOST_TOLD).map(({ newcomer, ports }) => ({ pod: describeNewcomer(newcomer), ports: describePorts(ports) }));
  return { toCome, moreToCome: told.length - toCome.length };
}

/** It has all that is asked of the other, and more. */
function isMore({ pods, namespaceLabels }: Newcomer, less: Newcomer): boolean {
  const isThere = less.asked === undefined ? pods.workload.namespace === less.pods.workload.namespace : hasAll(namespaceLabels, less.asked);
  return isThere && hasAll(pods.pod.labels, less.pods.pod.labels);
}

function hasAll(labels: Labels, some: Labels): boolean {
  return Object.entries(some).every(([key, value]) => labels[key] === value);
}
