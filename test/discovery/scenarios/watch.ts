/** Prints every change in its own namespace, one a line, until its standard input ends. */

import { watchLinks } from '../../../src/discovery/watch-links.ts';
import { printJson } from '../support/print-json.ts';

const watching = watchLinks({ directory: process.argv[2]!, onChange: printJson });
printJson({ change: 'started', sees: [watching.seesNamespaces, watching.seesDirectory] });
process.stdin.on('end', () => watching.close()).resume();
