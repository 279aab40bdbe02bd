/** Pins under names that say nothing, as an agent leaves them that is killed while it moves one. Argument: bpf folder. Prints what it saw as JSON. */

import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as native from '../../../native/index.js';
import { KernelDatapath } from '../../../src/datapath/kernel.ts';
import { sortLinks } from '../../../src/datapath/sort-links.ts';
import { set } from './endpoint.ts';

const bpfRoot = process.argv[2] as string;
const [ifindex, loopback] = [native.interfaceIndex('veth0')!, native.interfaceIndex('lo')!];
const links = join(bpfRoot, 'links');
const seen: Record<string, unknown> = {};

const pins = (): string[] => readdirSync(links).toSorted();
const standing = (): readonly number[] => native.tcxQuery(ifindex, 'in').linkIds;

const first = await KernelDatapath.open({ bpfRoot, attachMode: 'tcx', conntrackRows: 1024 });
set(first, ifindex, 'allow');
first.attach(ifindex);
const names = pins();

// Another build's from_pod: it is at hand where it is attached.
const second = await KernelDatapath.open({ bpfRoot, attachMode: 'tcx', conntrackRows: 1024 });
second.attach(loopback);
const other = native.programById(native.tcxQuery(loopback, 'in').programIds[0]!);
second.detach(loopback);

async function sorted(first: boolean): Promise<unknown> {
  const link = native.tcxAttach(ifindex, 'in', other, first);
  native.pin(link, join(links, `${ifindex}_in_first`));
  native.close(link);
  const [front] = standing();
  sortLinks(bpfRoot);
  // The kernel takes a link off its hook some time after its last pin is gone.
  for (let tries = 0; tries < 50 && standing().length > 1; tries += 1) await sleep(20);
  return { pins: pins().join() === names.join(), frontStays: standing().join() === String(front) };
}

seen['inFront'] = await sorted(true);
// The place in front has the other program now.
first.attach(ifindex);
seen['behind'] = await sorted(false);

// Somebody's folders and links stay what they are.
mkdirSync(join(links, 'nonsense'));
mkdirSync(join(links, `${ifindex + 1000}_out`));
sortLinks(bpfRoot);
seen['foreign'] = [
  pins().filter((name) => !names.includes(name)),
  readdirSync(join(bpfRoot, 'aside')).map((name) => name === `${ifindex + 1000}_out`),
];

first.close();
second.close();
console.log(JSON.stringify(seen));
