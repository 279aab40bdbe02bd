/** Prints its own namespace's addresses at once, and with every change, until its standard input ends. */

import { listNodeAddresses, watchNodeAddresses } from '../../../src/discovery/node-addresses.ts';
import { formatAddress } from '../../../src/model/ip.ts';

const print = (): void => console.log(JSON.stringify(listNodeAddresses().map(formatAddress)));
const watching = watchNodeAddresses(print);
print();
process.stdin.on('end', () => watching.close()).resume();
