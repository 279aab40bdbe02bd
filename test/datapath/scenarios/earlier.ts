/** What the next agent reads of an interface's past, agent after agent. Arguments: bpf folder, attach mode. Prints what it saw as JSON. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as native from '../../../native/index.js';
import { TC_HANDLE, TC_PRIORITY, type AttachMode } from '../../../src/datapath/attachments.ts';
import { KernelDatapath } from '../../../src/datapath/kernel.ts';
import { set } from './endpoint.ts';

const [bpfRoot, attachMode] = [process.argv[2] as string, process.argv[3] as AttachMode];
const ifindex = native.interfaceIndex('veth0')!;
const seen: Record<string, unknown> = {};

let last: KernelDatapath | undefined;

/** A new agent that finds what the last one left. */
async function next(name: string, options: { readonly conntrackRows?: number } = {}): Promise<KernelDatapath> {
  const datapath = await KernelDatapath.open({ bpfRoot, attachMode, conntrackRows: 1024, ...options });
  last?.close();
  last = datapath;
  const past = datapath.earlierAt(ifindex);
  seen[name] = past === undefined ? null : { ranOpen: past.ranOpen, takeOverUntil: Number(past.takeOverUntil) };
  return datapath;
}

function take(datapath: KernelDatapath, state: 'open' | 'allow' | 'deny', takeOverUntil = 0n): void {
  set(datapath, ifindex, state, takeOverUntil);
  datapath.attach(ifindex);
  datapath.keepFlows();
}

take(await next('none'), 'open');
const isolating = await next('open');
take(isolating, 'deny');
seen['own'] = isolating.earlierAt(ifindex) ?? null;
take(await next('isolated'), 'allow', 4711n);
await next('takingOver');
// Died before its turn came: its table is nobody's.
await next('otherTableBegun', { conntrackRows: 2048 });
await next('backToTheFirst');
take(await next('otherTable', { conntrackRows: 2048 }), 'deny');
take(await next('otherTableTaken', { conntrackRows: 2048 }), 'deny');
if (attachMode === 'tcx') rmSync(join(bpfRoot, 'links', `${ifindex}_in`));
else native.tcDetach(ifindex, 'in', TC_PRIORITY, TC_HANDLE);
await next('oneHook', { conntrackRows: 2048 });
last?.detach(ifindex);
await next('detached', { conntrackRows: 2048 });
last?.close();

console.log(JSON.stringify(seen));
