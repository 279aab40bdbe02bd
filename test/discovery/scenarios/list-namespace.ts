/** Lists the interfaces and addresses of its own namespace and of another (argument). */

import { listAddresses } from '../../../src/discovery/addresses.ts';
import { listLinks } from '../../../src/discovery/links.ts';
import { Netns } from '../../../src/discovery/netns.ts';
import { printJson } from '../support/print-json.ts';

using other = new Netns(process.argv[2]!);
printJson({
  own: { links: listLinks(null), addresses: listAddresses(null) },
  other: { links: listLinks(other), addresses: listAddresses(other) },
});
