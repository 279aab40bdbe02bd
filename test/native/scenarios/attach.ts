/** Attaches, replaces, queries and detaches on a veth; runs inside a namespace that has one called `veth0`. Prints what it saw as JSON. */

import { setTimeout } from 'node:timers/promises';
import { execFileSync } from 'node:child_process';
import * as native from '../../../native/index.js';
import { compileObject } from '../support/compile-object.ts';

const TCX_PASS_ON = { maps: { '.rodata.settings': { initialValue: new Uint8Array(new Int32Array([-1]).buffer) } } };

function describeFailure(act: () => unknown): object {
  try {
    act();
    return { worked: true };
  } catch (error) {
    const { code, operation, object } = error as Error & { code: string; operation: string; object: string };
    return { code, operation, object };
  }
}

const elf = compileObject('programs');
const object = native.loadObject(elf, { name: 'test', skipPrograms: ['refused'], ...TCX_PASS_ON });
const program = object.programs['count_packet']!.fd;
const other = object.programs['emit_event']!.fd;
const third = object.programs['answer_plain']!.fd;
const ids = { counting: native.programInfo(program).id, emitting: native.programInfo(other).id, answering: native.programInfo(third).id };
const ifindex = native.interfaceIndex('veth0')!;

function runs(): number {
  return native.mapDump(object.maps['.bss']!.fd).values.readUInt32LE();
}

/** Broadcast ARP-like traffic: any packet out of an interface passes its TC egress. */
function send(): void {
  execFileSync('ping', ['-c', '2', '-i', '0.01', '-W', '1', '10.99.0.2'], { stdio: 'ignore' });
}

const seen: Record<string, unknown> = {
  ids,
  ifindex,
  name: native.interfaceName(ifindex),
  unknown: native.interfaceIndex('no-such') ?? 'none',
};

// tcx
seen['empty'] = native.tcxQuery(ifindex, 'out').programIds;
const last = native.tcxAttach(ifindex, 'out', program, false);
const first = native.tcxAttach(ifindex, 'out', other, true);
const order = native.tcxQuery(ifindex, 'out');
seen['order'] = order.programIds;
seen['links'] = [native.linkInfo(first).id, native.linkInfo(last).id].join() === order.linkIds.join();
seen['revisionMoves'] = order.revision > 0n;
seen['link'] = native.linkInfo(last);
const before = runs();
send();
seen['ran'] = runs() > before;
seen['twice'] = describeFailure(() => native.linkUpdate(first, program));
native.linkUpdate(first, third);
seen['updated'] = native.tcxQuery(ifindex, 'out').programIds;
native.linkDetach(first);
native.close(first);
native.close(last);
seen['detached'] = native.tcxQuery(ifindex, 'out').programIds;
seen['badInterface'] = describeFailure(() => native.tcxAttach(9999, 'in', program, true));

// cls_bpf
seen['noQdisc'] = native.tcQuery(ifindex, 'in', 7, 1) ?? 'none';
seen['created'] = native.tcEnsureClsact(ifindex);
seen['createdAgain'] = native.tcEnsureClsact(ifindex);
seen['noFilter'] = native.tcQuery(ifindex, 'in', 7, 1) ?? 'none';
native.tcAttach(ifindex, 'in', program, 7, 1, false);
seen['taken'] = describeFailure(() => native.tcAttach(ifindex, 'in', other, 7, 1, false));
seen['filter'] = native.tcQuery(ifindex, 'in', 7, 1);
native.tcAttach(ifindex, 'in', other, 7, 1, true);
seen['replaced'] = native.tcQuery(ifindex, 'in', 7, 1);
seen['otherHandle'] = native.tcQuery(ifindex, 'in', 7, 2) ?? 'none';
native.tcAttach(ifindex, 'out', program, 7, 1, false);
const beforeTc = runs();
send();
seen['ranTc'] = runs() > beforeTc;
seen['removed'] = [native.tcDetach(ifindex, 'in', 7, 1), native.tcDetach(ifindex, 'in', 7, 1)];
seen['afterwards'] = native.tcQuery(ifindex, 'in', 7, 1) ?? 'none';
native.tcDetach(ifindex, 'out', 7, 1);
seen['badPriority'] = describeFailure(() => native.tcAttach(ifindex, 'in', program, 0, 1, false));

// netfilter
const hook = native.netfilterAttach(2, 4, 50, object.programs['accept_all']!.fd);
seen['netfilter'] = native.linkInfo(hook);
seen['hookTaken'] = describeFailure(() => native.netfilterAttach(2, 4, 50, object.programs['accept_all']!.fd));
native.close(hook);

// A link whose interface goes away
const severed = native.tcxAttach(ifindex, 'in', program, true);
execFileSync('ip', ['link', 'delete', 'veth0']);
await setTimeout(50);
seen['severed'] = native.linkInfo(severed).ifindex;
seen['updateSevered'] = describeFailure(() => native.linkUpdate(severed, other));
seen['queryGone'] = describeFailure(() => native.tcxQuery(ifindex, 'in'));

console.log(JSON.stringify(seen));
