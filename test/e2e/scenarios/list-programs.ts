/** Prints what stands at the tc hooks of this namespace's interfaces, and the maps of those programs. */

import * as native from '../../../native/index.js';
import { TC_HANDLE, TC_PRIORITY } from '../../../src/datapath/attachments.ts';
import { dumpLinks } from '../../../src/discovery/links.ts';
import { withRouteSocket } from '../../../src/discovery/route-socket.ts';
import type { AttachedProgram, AttachedPrograms } from '../support/kernel-objects.ts';

/** Priority and handle of our own, and of what `add-foreign.ts` adds. */
const FILTERS = [
  [TC_PRIORITY, TC_HANDLE],
  [1, 1],
] as const;

const attached: AttachedProgram[] = [];
const mapIds = new Set<number>();
for (const { ifindex } of withRouteSocket(dumpLinks)) {
  for (const hook of ['in', 'out'] as const) {
    const { programIds, linkIds } = native.tcxQuery(ifindex, hook);
    const filters = FILTERS.map(([priority, handle]) => native.tcQuery(ifindex, hook, priority, handle));
    for (const [index, id] of programIds.entries()) attached.push(describeProgram(id, ifindex, hook, linkIds[index] ?? 0));
    for (const filter of filters) if (filter !== undefined) attached.push(describeProgram(filter.programId, ifindex, hook, 0));
  }
}
console.log(JSON.stringify({ attached, mapIds: [...mapIds] } satisfies AttachedPrograms));

function describeProgram(programId: number, ifindex: number, hook: native.Hook, linkId: number): AttachedProgram {
  const program = native.programById(programId);
  const { name, mapIds: used } = native.programInfo(program);
  native.close(program);
  if (name === 'from_pod' || name === 'to_pod') for (const id of used) mapIds.add(id);
  return { programId, name, ifindex, hook, linkId };
}
