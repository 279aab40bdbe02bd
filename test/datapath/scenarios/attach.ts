/** Attaches, flips, hands over and detaches on the node's side of a pod's veth, beside programs of others. Arguments: bpf folder, attach mode. Prints what it saw as JSON. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as native from '../../../native/index.js';
import { detachAll, TC_HANDLE, TC_PRIORITY, type AttachMode } from '../../../src/datapath/attachments.ts';
import { KernelDatapath } from '../../../src/datapath/kernel.ts';
import { compileObject } from '../../native/support/compile-object.ts';
import { failureOf, reach, set, SLOT } from './endpoint.ts';

const [bpfRoot, attachMode] = [process.argv[2] as string, process.argv[3] as AttachMode];
const ifindex = native.interfaceIndex('veth0')!;
const HOOKS = ['in', 'out'] as const;
const seen: Record<string, unknown> = {};

// Somebody else's programs: they count, and pass on.
const foreign = native.loadObject(compileObject('programs'), {
  name: 'foreign',
  skipPrograms: ['refused'],
  maps: { '.rodata.settings': { initialValue: new Uint8Array(new Int32Array([-1]).buffer) } },
});
const stranger = foreign.programs['count_packet']!.fd;
const strangerId = native.programInfo(stranger).id;
const FOREIGN = { priority: 7, handle: 1 };
const strangerLink = native.tcxAttach(ifindex, 'in', stranger, true);
native.tcEnsureClsact(ifindex);
native.tcAttach(ifindex, 'in', stranger, FOREIGN.priority, FOREIGN.handle, false);

const programs = (hook: native.Hook): readonly string[] => native.tcxQuery(ifindex, hook).programIds.map(nameOf);
const filter = (hook: native.Hook): string | undefined => {
  const found = native.tcQuery(ifindex, hook, TC_PRIORITY, TC_HANDLE);
  return found === undefined ? undefined : nameOf(found.programId);
};
function nameOf(id: number): string {
  const program = native.programById(id);
  const { name } = native.programInfo(program);
  native.close(program);
  return id === strangerId ? 'foreign' : name;
}
const place = (): unknown => Object.fromEntries(HOOKS.map((hook) => [hook, attachMode === 'tcx' ? programs(hook) : filter(hook)]));
const ids = (): unknown[] =>
  HOOKS.map((hook) =>
    attachMode === 'tcx'
      ? native.tcxQuery(ifindex, hook).linkIds.filter((id) => id !== native.linkInfo(strangerLink).id)
      : native.tcQuery(ifindex, hook, TC_PRIORITY, TC_HANDLE)?.handle,
  );
const programIds = (): unknown[] =>
  HOOKS.map((hook) =>
    attachMode === 'tcx' ? native.tcxQuery(ifindex, hook).programIds[0] : native.tcQuery(ifindex, hook, TC_PRIORITY, TC_HANDLE)?.programId,
  );
const conntrackId = (): number => {
  const pinned = native.openPinned(join(bpfRoot, 'conntrack'));
  const { id } = native.mapInfo(pinned);
  native.close(pinned);
  return id;
};

const first = await KernelDatapath.open({ bpfRoot, attachMode, conntrackRows: 4096 });
seen['mode'] = first.describe().attach;
seen['fresh'] = first.tookOverFlows;
// Addresses of a fresh interface take a moment.
for (let tries = 0; tries < 50 && reach().includes(false); tries += 1) await sleep(100);
first.keepFlows();
seen['attachedAtFirst'] = [...first.attached()];

set(first, ifindex, 'open');
first.attach(ifindex);
seen['attached'] = [...first.attached()].map((number) => number === ifindex);
seen['place'] = place();
seen['open'] = reach();
set(first, ifindex, 'deny');
seen['denied'] = reach();
const { packets } = first.counters(SLOT);
seen['counted'] = packets.ingress
  .map((count, reason) => [reason, count] as const)
  .filter(([, count]) => count > 0)
  .map(([reason]) => reason);
set(first, ifindex, 'allow');
seen['allowed'] = reach();

const [linksBefore, programsBefore] = [ids(), programIds()];
first.attach(ifindex);
seen['attachedTwice'] = place();
seen['twiceIsOnce'] = JSON.stringify([linksBefore, programsBefore]) === JSON.stringify([ids(), programIds()]);

// The next agent: fresh programs and maps, the same flows.
const flows = conntrackId();
first.storeGeneration(4711);
const second = await KernelDatapath.open({ bpfRoot, attachMode, conntrackRows: 4096 });
seen['tookOver'] = second.tookOverFlows;
seen['generation'] = second.generation;
seen['sameFlows'] = conntrackId() === flows;
set(second, ifindex, 'deny');
seen['firstStillJudges'] = reach();
second.attach(ifindex);
seen['secondJudges'] = reach();
seen['linksKept'] = JSON.stringify(linksBefore) === JSON.stringify(ids());
seen['programsNew'] = JSON.stringify(programsBefore) !== JSON.stringify(programIds());
seen['placeAfter'] = place();
first.close();
second.close();
seen['closedStillJudges'] = reach();

// Another size, or another layout, is another table.
const third = await KernelDatapath.open({ bpfRoot, attachMode, conntrackRows: 8192 });
third.keepFlows();
seen['otherSize'] = [third.tookOverFlows, conntrackId() === flows];
third.close();
const header = native.openPinned(join(bpfRoot, 'conntrack_header'));
const value = new Uint8Array(16);
native.mapGet(header, new Uint8Array(4), value);
value[0] = 99;
native.mapPut(header, new Uint8Array(4), value);
native.close(header);
const fourth = await KernelDatapath.open({ bpfRoot, attachMode, conntrackRows: 8192 });
seen['otherLayout'] = fourth.tookOverFlows;
seen['attachedByEarlier'] = [...fourth.attached()].map((number) => number === ifindex);

// The other way of attaching: what was there before goes.
const otherMode: AttachMode = attachMode === 'tcx' ? 'tc' : 'tcx';
const fifth = await KernelDatapath.open({ bpfRoot, attachMode: otherMode, conntrackRows: 8192 });
set(fifth, ifindex, 'allow');
fifth.attach(ifindex);
seen['otherMode'] = [place(), reach()];
set(fourth, ifindex, 'deny');
fourth.attach(ifindex);
seen['backAgain'] = [place(), reach()];
fifth.close();

fourth.detach(ifindex);
fourth.detach(ifindex);
fourth.detach(999);
// The kernel takes a link off its hook some time after its last pin is gone.
await sleep(100);
seen['detached'] = [place(), reach(), [...fourth.attached()], readdirSync(join(bpfRoot, 'links'))];
fourth.attach(ifindex);
const taken = detachAll(bpfRoot);
await sleep(100);
seen['uninstalled'] = [taken.map((number) => number === ifindex), place(), existsSync(join(bpfRoot, 'links')), detachAll(bpfRoot)];
fourth.close();

seen['foreignStays'] = [
  programs('in').includes('foreign'),
  native.tcQuery(ifindex, 'in', FOREIGN.priority, FOREIGN.handle)?.programId === strangerId,
];
seen['foreignRan'] = native.mapDump(foreign.maps['.bss']!.fd).values.readUInt32LE() > 0;

const sixth = await KernelDatapath.open({ bpfRoot, attachMode, conntrackRows: 8192 });
seen['noInterface'] = failureOf(() => sixth.attach(999_999));
sixth.close();

console.log(JSON.stringify(seen));
