/** Pods as a template makes them, where none runs: with the labels that their controller adds, as far as these can be known before. */

import type { Labels } from '../../model/labels.ts';
import type { Address } from '../../model/ip.ts';
import type { Pod } from '../../model/objects.ts';
import type { Ordinals, Workload } from '../input/audit-input.ts';
import type { PolicyInterests } from './pod-classes.ts';

export const POD_NAME_LABEL = 'statefulset.kubernetes.io/pod-name';
export const POD_INDEX_LABEL = 'apps.kubernetes.io/pod-index';
const JOB_NAME_LABELS = ['batch.kubernetes.io/job-name', 'job-name'];

/** One, or of a StatefulSet of which policies select single pods each of these, and one more that stands for the rest. */
export function makeStandIns(workload: Workload, interests: PolicyInterests, takeAddresses: () => readonly Address[]): Pod[] {
  const numbers = workload.kind === 'StatefulSet' ? listOrdinals(workload, interests) : [];
  if (numbers.length > 0)
    return numbers.map((number) => {
      const name = `${workload.name}-${number}`;
      return makePod(workload, name, { [POD_NAME_LABEL]: name, [POD_INDEX_LABEL]: String(number) }, takeAddresses);
    });
  const made = workload.kind === 'Job' ? Object.fromEntries(JOB_NAME_LABELS.map((key) => [key, workload.name])) : {};
  return [makePod(workload, workload.name, made, takeAddresses)];
}

/** Its name has a slash, which no pod's has, unless it is a pod's manifest. */
function makePod(workload: Workload, name: string, made: Labels, takeAddresses: () => readonly Address[]): Pod {
  const { kind, namespace, annotations, hostNetwork, ports } = workload;
  return {
    kind: 'Pod',
    namespace,
    name: kind === 'Pod' ? name : `${kind}/${name}`,
    uid: `${kind}/${namespace}/${name}`,
    labels: { ...workload.labels, ...made },
    annotations,
    hostNetwork,
    addresses: hostNetwork ? [] : takeAddresses(),
    ports,
    phase: 'Running',
    terminating: false,
  };
}

/** Those that policies name, and the first of the others; none where no policy looks at them. */
function listOrdinals({ name, ordinals }: Workload, interests: PolicyInterests): number[] {
  if (!interests.keys.has(POD_NAME_LABEL) && !interests.keys.has(POD_INDEX_LABEL)) return [];
  const prefix = `${name}-`;
  const texts = [
    ...interests.valuesOf(POD_NAME_LABEL).flatMap((value) => (value.startsWith(prefix) ? [value.slice(prefix.length)] : [])),
    ...interests.valuesOf(POD_INDEX_LABEL),
  ];
  const { first, last } = rangeOf(ordinals);
  const named = new Set(texts.filter((text) => /^(?:0|[1-9]\d{0,8})$/.test(text)).map(Number));
  const within = [...named].filter((number) => number >= first && number <= last).sort((a, b) => a - b);
  let other = first;
  while (named.has(other)) other += 1;
  return other <= last ? [...within, other] : within;
}

/** One that is scaled to nothing may have any number of pods again. */
function rangeOf(ordinals: Ordinals | undefined): { readonly first: number; readonly last: number } {
  if (ordinals === undefined || ordinals.count === 0) return { first: ordinals?.first ?? 0, last: Number.POSITIVE_INFINITY };
  return { first: ordinals.first, last: ordinals.first + ordinals.count - 1 };
}
