/** Looks for addresses (arguments; `settled=INDEX`: not behind that interface) from its own namespace; prints what it found, or what was thrown. */

import { findPodInterfaces } from '../../../src/discovery/pod-interfaces.ts';
import { PosternError } from '../../../src/model/error.ts';
import { parseAddress } from '../../../src/model/ip.ts';
import { printJson } from '../support/print-json.ts';

const SETTLED = 'settled=';

const words = process.argv.slice(2);
const wanted = new Set(words.filter((word) => !word.startsWith(SETTLED)).map(parseAddress));
const settled = new Set(words.filter((word) => word.startsWith(SETTLED)).map((word) => Number(word.slice(SETTLED.length))));
try {
  printJson(findPodInterfaces(wanted, settled));
} catch (error) {
  if (!(error instanceof PosternError)) throw error;
  printJson({ code: error.code, mend: error.mend });
}
