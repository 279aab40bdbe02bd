/** Opens and closes ten thousand handles of each kind inside a namespace of its own; prints the descriptors and mappings before and after. */

import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import * as native from '../../../native/index.js';
import { compileObject } from '../support/compile-object.ts';

const COUNT = 10_000;
/** For what the kernel takes milliseconds for (the verifier, grace periods): fewer rounds still show a leak of one descriptor each. */
const FEW = 200;

const elf = compileObject('programs');
const options = { name: 'test', skipPrograms: ['refused'] };
const kept = native.loadObject(elf, options);
const program = kept.programs['emit_event']!.fd;
const programId = native.programInfo(program).id;
const lo = native.interfaceIndex('lo')!;

function closeObject(object: native.LoadedObject): void {
  for (const { fd } of [...Object.values(object.maps), ...Object.values(object.programs)]) native.close(fd);
}

function failsQuietly(act: () => unknown): void {
  try {
    act();
  } catch {
    return;
  }
  throw new Error('should have failed');
}

const rounds: Readonly<Record<string, readonly [count: number, act: () => void]>> = {
  maps: [COUNT, () => native.close(native.mapCreate({ type: 1, keySize: 4, valueSize: 4, maxEntries: 1, name: 'test' }))],
  memory: [
    COUNT,
    () => {
      const map = native.mapCreate({ type: 2, keySize: 4, valueSize: 8, maxEntries: 1, name: 'test', flags: 1 << 10 });
      native.mapUnmap(native.mapMmap(map));
      native.close(map);
    },
  ],
  programs: [COUNT, () => native.close(native.programById(programId))],
  objects: [FEW, () => closeObject(native.loadObject(elf, options))],
  refusedObjects: [FEW, () => failsQuietly(() => native.loadObject(elf, { name: 'test' }))],
  layouts: [FEW, () => native.structLayout(elf, 'value')],
  links: [FEW, () => native.close(native.tcxAttach(lo, 'in', program, true))],
  netlink: [COUNT, () => native.close(native.netlinkOpen(0, [1]))],
  refusedNetlink: [COUNT, () => failsQuietly(() => native.netlinkOpen(0, [1 << 20]))],
  rings: [COUNT, () => native.ringOpen(kept.maps['events']!.fd, () => {}).close()],
  refusedRings: [COUNT, () => failsQuietly(() => native.ringOpen(kept.maps['flows']!.fd, () => {}))],
  drains: [COUNT, () => void native.ringDrain(kept.maps['events']!.fd)],
  filters: [
    FEW,
    () => {
      native.tcEnsureClsact(lo);
      native.tcAttach(lo, 'in', program, 1, 1, false);
      native.tcDetach(lo, 'in', 1, 1);
    },
  ],
};

function countHandles(): { descriptors: number; mappings: number } {
  const mappings = readFileSync('/proc/self/maps', 'utf8').split('\n');
  return { descriptors: readdirSync('/proc/self/fd').length, mappings: mappings.filter((line) => line.includes('bpf-')).length };
}

const socket = native.netlinkOpen(0, [1]);
const result: Record<string, unknown> = {};
// One of each first: what is opened once and kept is no leak.
for (const [, act] of Object.values(rounds)) act();
await setImmediate();
await setImmediate();
const before = countHandles();
for (const [name, [count, act]] of Object.entries(rounds)) {
  for (let done = 0; done < count; done += 1) {
    act();
    // Listeners and mappings end in a turn of the event loop.
    if (done % 100 === 99) await setImmediate();
  }
  await setImmediate();
  await setImmediate();
  result[name] = { opened: count, ...countHandles() };
}
for (let done = 0; done < COUNT; done += 1)
  native
    .netlinkListen(
      socket,
      () => {},
      () => {},
    )
    .close();
await setImmediate();
await setImmediate();
result['listeners'] = { opened: COUNT, ...countHandles() };
console.log(JSON.stringify({ before, after: result }));
