/** Find a pod of a lab, and its address of one family. */

import { PosternError } from '../../model/error.ts';
import type { LabState, PodState } from '../state/lab-state.ts';
import type { Family, LabPod } from '../types.ts';

/** By `namespace/name`. `E_LAB_POD` where there is none. */
export function findPod(state: LabState, key: string): PodState {
  const pod = state.pods.find((candidate) => candidate.key === key);
  if (pod !== undefined) return pod;
  throw new PosternError('E_LAB_POD', `the lab "${state.name}" has no pod ${key}`, { mend: 'postern lab status lists its pods' });
}

/** `E_LAB_POD` where it has none. */
export function addressOf(pod: LabPod, family: Family): string {
  const address = pod.addresses.find((candidate) => candidate.includes(':') === (family === 6));
  if (address !== undefined) return address;
  throw new PosternError('E_LAB_POD', `pod ${pod.key} has no IPv${family} address`);
}
