/** A pod's address of one family. */

import { PosternError } from '../../model/error.ts';
import type { Family, LabPod } from '../types.ts';

/** `E_LAB_POD` where it has none. */
export function addressOf(pod: LabPod, family: Family): string {
  const address = pod.addresses.find((candidate) => candidate.includes(':') === (family === 6));
  if (address !== undefined) return address;
  throw new PosternError('E_LAB_POD', `pod ${pod.key} has no IPv${family} address`);
}
