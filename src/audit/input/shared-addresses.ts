/** Pods of manifests that have one address: traffic of only one of them can be told, and that is the one that began last. */

import type { PlacedObject } from '../../manifests/manifests.ts';
import { PosternError } from '../../model/error.ts';
import { formatAddress, type Address } from '../../model/ip.ts';
import type { FoundPod } from './audit-object.ts';

/** `E_POD_ADDRESS`, once for each pod whose address an earlier one has. Those that end, have ended or are their node may share theirs. */
export function findSharedAddresses(pods: readonly PlacedObject<FoundPod>[]): PosternError[] {
  const owners = new Map<Address, string>();
  const problems: PosternError[] = [];
  for (const { object, at } of pods) {
    const { namespace, name, addresses, hostNetwork, terminating, phase } = object.pod;
    if (hostNetwork || terminating || phase === 'Succeeded' || phase === 'Failed') continue;
    const shared = addresses.find((address) => owners.has(address));
    if (shared === undefined) for (const address of addresses) owners.set(address, `${namespace}/${name}`);
    else
      problems.push(
        new PosternError('E_POD_ADDRESS', `its address ${formatAddress(shared)} is that of Pod ${owners.get(shared)}, too`, {
          at: { ...at, object: `Pod ${namespace}/${name}` },
          mend: 'give each pod its own address in status.podIP, or none: then it is given one',
        }),
      );
  }
  return problems;
}
