/** Prints every change in its own namespace, one a line, until its standard input ends. */

import { watchLinks } from '../../../src/discovery/watch-links.ts';
import { printJson } from '../support/print-json.ts';

const watching = watchLinks(printJson);
printJson({ change: 'started', seesNamespaces: watching.seesNamespaces });
process.stdin.on('end', () => watching.close()).resume();
