/** What tells the pods of a class from others of their workload: how many there are, and one of them. */

import type { Pod } from '../../model/objects.ts';
import type { PodClass } from './audit-model.ts';

/** `3 like web-5d8f7c9b4-x7k2p`; of pods that do not run yet `like db-0`. */
export function describeClass({ names, pod }: Pick<PodClass, 'names' | 'pod'>): string {
  return names.length === 0 ? `like ${podName(pod)}` : `${names.length} like ${podName(pod)}`;
}

/** Also of one that is made from a template. */
export function podName({ name }: Pod): string {
  return name.slice(name.indexOf('/') + 1);
}
