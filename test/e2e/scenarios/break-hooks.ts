/** Does to an interface of this namespace what others do to it. Arguments: what, its index, the agent's bpf folder, a folder for pins of foreign links. */

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as native from '../../../native/index.js';
import { TC_HANDLE, TC_PRIORITY } from '../../../src/datapath/attachments.ts';
import { compileObject } from '../../native/support/compile-object.ts';
import type { HookBreakage } from '../support/drift.ts';

const [what, index = '', bpfRoot = '', foreignPins = ''] = process.argv.slice(2) as [HookBreakage, ...string[]];
const ifindex = Number(index);
const links = join(bpfRoot, 'links');
const HOOKS = ['in', 'out'] as const;

/** Lets everything pass, for good: no program behind it runs. */
function loadPass(): native.Fd {
  const { programs } = native.loadObject(compileObject('programs'), {
    name: 'foreign',
    skipPrograms: ['refused'],
    maps: { '.rodata.settings': { initialValue: new Uint8Array(4) } },
  });
  return programs['count_packet']?.fd ?? -1;
}

function forEachLink(names: readonly string[], act: (link: native.Fd) => void): void {
  for (const name of names) {
    const link = native.openPinned(join(links, name));
    act(link);
    native.close(link);
  }
}

const own = HOOKS.map((hook) => `${ifindex}_${hook}`);
const forwarding = (): string[] => readdirSync(links).filter((name) => name.startsWith('after_nat_'));

const BREAK: Readonly<Record<HookBreakage, () => void>> = {
  'unpin in': () => rmSync(join(links, `${ifindex}_in`)),
  'unpin both': () => own.forEach((name) => rmSync(join(links, name))),
  'detach out': () => forEachLink([`${ifindex}_out`], native.linkDetach),
  'detach both': () => forEachLink(own, native.linkDetach),
  replace: () => forEachLink(own, (link) => native.linkUpdate(link, loadPass())),
  'stand in front': () => {
    for (const hook of HOOKS) native.pin(native.tcxAttach(ifindex, hook, loadPass(), true), join(foreignPins, `${hook}-${Date.now()}`));
  },
  'stand behind': () => {
    for (const hook of HOOKS) native.pin(native.tcxAttach(ifindex, hook, loadPass(), false), join(foreignPins, `${hook}-behind`));
  },
  'remove filter': () => void native.tcDetach(ifindex, 'in', TC_PRIORITY, TC_HANDLE),
  'replace filter': () => native.tcAttach(ifindex, 'out', loadPass(), TC_PRIORITY, TC_HANDLE, true),
  'filter in front': () => native.tcAttach(ifindex, 'in', loadPass(), 7, 1, false),
  'unpin forwarding': () => forwarding().forEach((name) => rmSync(join(links, name))),
  'detach forwarding': () => forEachLink(forwarding(), native.linkDetach),
};

BREAK[what]();
