/** Prints how many connections the kernel tracks in this namespace. */

import { listConntrack } from '../../../src/discovery/conntrack.ts';

console.log(JSON.stringify(listConntrack().length));
