/** Labels that makers of pods add on their own: of one revision or one pod, and so nothing for a policy to select by. */

import type { Labels } from '../model/labels.ts';

const GENERATED: ReadonlySet<string> = new Set([
  'pod-template-hash',
  'controller-revision-hash',
  'pod-template-generation',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
  'batch.kubernetes.io/job-completion-index',
  'controller-uid',
  'job-name',
]);

export function isGenerated(key: string): boolean {
  return GENERATED.has(key);
}

export function withoutGenerated(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !GENERATED.has(key)));
}
