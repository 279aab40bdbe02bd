/** Run inside a node: an empty program at POST_ROUTING of both families, until it is told to end. Prints the number of the program. */

import * as native from '../../native/index.js';
import { loadDriver } from './compile-driver.ts';

const POST_ROUTING = 4;
const PRIORITY = 80;

const program = loadDriver().programs['forwarded'];
if (program === undefined) throw new Error('the driver has no base program');
for (const family of [2, 10]) native.netfilterAttach(family, POST_ROUTING, PRIORITY, program.fd);
console.log(native.programInfo(program.fd).id);
process.stdin.resume();
