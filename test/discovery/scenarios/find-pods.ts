/** Looks for addresses (further arguments) in the namespaces of a directory (first argument); prints what it found. */

import { findPodInterfaces } from '../../../src/discovery/pod-interfaces.ts';
import { parseAddress } from '../../../src/model/ip.ts';
import { printJson } from '../support/print-json.ts';

const [directory, ...addresses] = process.argv.slice(2);
printJson(findPodInterfaces(new Set(addresses.map(parseAddress)), { directory: directory! }));
