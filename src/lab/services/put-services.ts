/** Write Services and their slices to the folder that the agents watch, completed as a cluster completes them. */

import { withMetadata } from '../objects/object-status.ts';
import { keyOf, nameOf } from '../objects/raw-object.ts';
import type { LabContext } from '../pods/lab-pods.ts';
import type { RawObject } from '../types.ts';
import { completeService } from './complete-service.ts';
import { deriveSlices, isDerived } from './derive-slices.ts';

/** `E_LAB_SERVICE` where two of them want one address or node port. */
export async function putServices(lab: LabContext, services: readonly RawObject[]): Promise<void> {
  for (const [index, service] of services.entries()) {
    const name = nameOf(service);
    const before = lab.cluster.get(name);
    const others = lab.cluster.list().filter((object) => nameOf(object).kind === 'Service' && keyOf(nameOf(object)) !== keyOf(name));
    await lab.cluster.put(withMetadata(completeService(service, before, [...others, ...services.slice(index + 1)]), before));
  }
}

/** Slices of the pods as they are now. One that stays as it is is not written anew. */
export async function putSlices(lab: LabContext): Promise<void> {
  const objects = lab.cluster.list();
  const wanted = deriveSlices(objects);
  const names = new Set(wanted.map((slice) => keyOf(nameOf(slice))));
  for (const slice of wanted) {
    const before = lab.cluster.get(nameOf(slice));
    const after = withMetadata(slice, before);
    if (JSON.stringify(after) !== JSON.stringify(before)) await lab.cluster.put(after);
  }
  for (const slice of objects) if (isDerived(slice) && !names.has(keyOf(nameOf(slice)))) await lab.cluster.remove(nameOf(slice));
}
