/** How often generated input is out of order. */

import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';

/** One in sixty: a policy has some six such places, and one odd place spoils the whole policy. Shrinks towards what is sound. */
export function sometimes<T>(odd: Arbitrary<T>, sound: Arbitrary<T>): Arbitrary<T> {
  return fc.oneof({ weight: 59, arbitrary: sound }, { weight: 1, arbitrary: odd });
}
