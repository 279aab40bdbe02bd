/** Puts another's program on an interface of this namespace, by tcx and by cls_bpf, at both hooks. Arguments: its index, and a folder for the links' pins. */

import { join } from 'node:path';
import * as native from '../../../native/index.js';
import { compileObject } from '../../native/support/compile-object.ts';

const [index = '', pins = ''] = process.argv.slice(2);
const ifindex = Number(index);
const program =
  native.loadObject(compileObject('programs'), { name: 'foreign', skipPrograms: ['refused'] }).programs['answer_plain']?.fd ?? -1;
native.tcEnsureClsact(ifindex);
for (const hook of ['in', 'out'] as const) {
  native.pin(native.tcxAttach(ifindex, hook, program, true), join(pins, hook));
  native.tcAttach(ifindex, hook, program, 1, 1, false);
}
