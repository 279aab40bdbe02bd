/** Lists the tracked connections of its own namespace. */

import { listConntrack } from '../../../src/discovery/conntrack.ts';
import { printJson } from '../support/print-json.ts';

printJson(listConntrack());
