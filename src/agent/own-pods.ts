/** The pods of this node whose interfaces are to be found. */

import type { Compiler } from '../compiler/compiler.ts';
import type { Pod } from '../model/objects.ts';

/** With the addresses that they own: one that has ended may have had what is another's by now. */
export function listOwnPods(compiler: Compiler): ReadonlyMap<string, Pod> {
  const pods = new Map<string, Pod>();
  for (const [key, pod] of compiler.localPods()) {
    const addresses = pod.addresses.filter((address) => compiler.cluster.ownerOf(address) === key);
    if (addresses.length > 0) pods.set(key, { ...pod, addresses });
  }
  return pods;
}
