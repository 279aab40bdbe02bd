/** Frames that end anywhere before their packet does, at every length. */

import { concat } from '../../support/builders/bytes.ts';
import { fragmentHeader, hopByHop } from '../../support/builders/extension-headers.ts';
import { ethernet, ipv4, ipv4Padding, ipv6, type Packet, type Segment } from '../../support/builders/frames.ts';
import { sctp, tcp, udp } from '../../support/builders/segments.ts';
import { FAMILIES, V4, V6, type Family } from '../stage.ts';
import { entry, intoUnread, out, outUnread, type Entry, type Step } from './table.ts';

/** Behind a tag, since a test run itself refuses an IP packet without its header. */
const TAG = [{ id: 7 }];
const ETHERNET = 18;

interface Sample {
  readonly what: string;
  readonly make: (source: string, destination: string) => Packet;
  readonly family: Family;
}

const plain = (family: Family, what: string, segment: Segment): Sample => ({
  what: `${what} over ${family.name}`,
  family,
  make: (source, destination) => family.packet(source, destination, segment),
});

const SAMPLES: readonly Sample[] = [
  ...FAMILIES.flatMap((family) => [
    plain(family, 'TCP', tcp({ source: 40000, destination: 80 })),
    plain(family, 'TCP with options', tcp({ source: 40000, destination: 80, options: new Uint8Array(12).fill(1) })),
    plain(family, 'UDP', udp({ source: 40000, destination: 53 })),
    plain(family, 'SCTP', sctp({ source: 40000, destination: 80 })),
    plain(family, 'an echo', family.echo()),
    plain(family, 'an ICMP error', family.unreachable(family.packet(family.pod, family.friend, udp({ source: 53, destination: 40000 })))),
  ]),
  {
    what: 'TCP behind options of IPv4',
    family: V4,
    make: (source, destination) => ipv4({ source, destination, options: ipv4Padding(10) }, tcp({ source: 40000, destination: 80 })),
  },
  {
    what: 'TCP behind two headers of IPv6',
    family: V6,
    make: (source, destination) => ipv6({ source, destination }, hopByHop(fragmentHeader({}, tcp({ source: 40000, destination: 80 })))),
  },
];

/** Ends of the IP header: from there on a foreign source is seen. */
const SOURCE_SEEN = (family: Family): number => ETHERNET + (family === V4 ? 20 : 40);

function cutsOf({ what, make, family }: Sample): readonly Entry[] {
  const frames = {
    received: ethernet({ vlans: TAG }, make(family.friend, family.pod)),
    sent: ethernet({ vlans: TAG }, make(family.pod, family.friend)),
    spoofed: ethernet({ vlans: TAG }, make(family.stranger, family.friend)),
  };
  return Array.from({ length: frames.received.length - 14 }, (_, index) => index + 14).map((length) => {
    const cut = (frame: Uint8Array): Uint8Array => frame.slice(0, length);
    const foreign: Step =
      length < SOURCE_SEEN(family)
        ? outUnread(cut(frames.spoofed), 'TRUNCATED')
        : out(cut(frames.spoofed), 'SPOOFED_SOURCE', 'SPOOFED_SOURCE', 'SPOOFED_SOURCE');
    return entry(
      `${what}, ${length} of ${frames.received.length} bytes`,
      intoUnread(cut(frames.received), 'TRUNCATED'),
      outUnread(cut(frames.sent), 'TRUNCATED'),
      foreign,
    );
  });
}

/** One byte too few behind two tags is one too few as well. */
const TAGGED: readonly Entry[] = FAMILIES.map((family) => {
  const frame = ethernet(
    { vlans: [{ id: 7 }, { id: 8 }] },
    family.packet(family.friend, family.pod, tcp({ source: 40000, destination: 80 })),
  );
  return entry(
    `the last byte of TCP over ${family.name} behind two tags`,
    intoUnread(frame.slice(0, -1), 'TRUNCATED'),
    intoUnread(concat(frame.slice(0, 22)), 'TRUNCATED'),
    intoUnread(frame.slice(0, 20), 'TRUNCATED'),
  );
});

export const TRUNCATED: readonly Entry[] = [...SAMPLES.flatMap(cutsOf), ...TAGGED];
