/** Lists the interfaces and addresses of its own namespace, and of the one that its interface host0 leads to. */

import { dumpAddresses, dumpAddressesIn } from '../../../src/discovery/addresses.ts';
import { dumpLinks, readLink } from '../../../src/discovery/links.ts';
import { readOwnNumber } from '../../../src/discovery/netns-number.ts';
import { withRouteSocket } from '../../../src/discovery/route-socket.ts';
import { printJson } from '../support/print-json.ts';

withRouteSocket((socket) => {
  const before = readOwnNumber(socket);
  const links = dumpLinks(socket);
  const host = links.find(({ name }) => name === 'host0')!;
  const other = {
    links: [readLink(socket, host.peer!, host.peerNetnsid!)],
    addresses: dumpAddressesIn(socket, host.peerNetnsid!, 5000),
  };
  printJson({ own: { links, addresses: dumpAddresses(socket) }, other, numbers: [before, readOwnNumber(socket)] });
});
