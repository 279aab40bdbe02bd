/** Rows of the semantics about kinds of packets, each with what proves it. */

import type { Row } from './row.ts';

export const PACKET_ROWS: readonly Row[] = [
  {
    case: 'ICMP, ICMPv6 echo, other protocols',
    verdict: 'allowed where a rule without `ports` allows the peer',
    cases: ['ICMP, ICMPv6 echo and other IP protocols: allowed where a rule without `ports` allows the peer'],
    tests: [{ file: 'bpf/protocols.test.ts' }],
  },
  {
    case: 'ICMP errors',
    verdict: 'pass where the packet that they quote would',
    tests: [{ file: 'bpf/errors.test.ts' }],
  },
  {
    case: 'IPv6 discovery',
    verdict: 'out: RS, NS, NA for own addresses, MLD; never RA or Redirect. In: RA, NS, NA, Redirect with hop limit 255',
    tests: [{ file: 'bpf/discovery.test.ts' }],
  },
  {
    case: 'ARP',
    verdict: "with the pod's own sender address",
    tests: [{ file: 'bpf/arp.test.ts' }],
  },
  {
    case: 'unspecified and link-local sources',
    verdict: 'pass to link-local and group addresses; policy still judges them at an isolated pod',
    tests: [
      {
        file: 'bpf/source.test.ts',
        names: [
          'may be unspecified or link-local where the packet stays on the link',
          'that asks for a lease is no spoofing, and policy decides about the lease',
        ],
      },
    ],
  },
  {
    case: 'VLAN tags, other ethertypes',
    verdict: 'tags are walked; neither IP nor ARP is dropped at an isolated pod',
    tests: [{ file: 'bpf/frames.test.ts', names: ['are judged under the VLAN tags', 'is dropped, even where every peer is allowed'] }],
  },
  {
    case: 'multicast, broadcast',
    verdict: 'like any address; IGMP and MLD reports pass',
    tests: [
      { file: 'bpf/protocols.test.ts', names: ['groups and broadcast'] },
      { file: 'bpf/discovery.test.ts', names: ['membership'] },
    ],
  },
  {
    case: 'a SYN or echo request on a tuple that has a row',
    verdict: 'judged as an opening',
    tests: [
      {
        file: 'bpf/flows.test.ts',
        names: [
          'a SYN on the tuple of a live flow is judged as an opening',
          "an echo request on the identifier of the pod's own ping is judged",
        ],
      },
      { file: 'bpf/protocols.test.ts', names: ['INIT on the row of a live association'] },
    ],
  },
  {
    case: 'TCP, no row, no SYN, out of the pod',
    verdict: 'as an opening, then as the reply to an allowed inbound opening',
    tests: [
      { file: 'bpf/flows.test.ts', names: ['an evicted flow that is still allowed recovers by itself'] },
      { file: 'bpf/tcp.test.ts', names: ['the pod opens nothing by the ports that its friend may open to'] },
    ],
  },
  {
    case: 'TCP, no row, no SYN, into the pod',
    verdict: 'as an opening; as a reply only with evidence',
    tests: [
      { file: 'bpf/flows.test.ts', names: ['stray ACKs and SYN-ACKs do not reach a pod whose egress is open'] },
      {
        file: 'bpf/tcp.test.ts',
        names: ['segments of a connection that it did not open stay outside', 'a pod that ran open keeps its connections'],
      },
    ],
  },
  {
    case: 'UDP and ICMP replies',
    verdict: 'need a row',
    tests: [
      { file: 'bpf/flows.test.ts', names: ['UDP answers need a row, which ages'] },
      { file: 'bpf/protocols.test.ts', names: ['answers of the pod need the question'] },
    ],
  },
  {
    case: 'fragments',
    verdict: 'later ones follow their first; without it they are dropped at an isolated pod',
    tests: [{ file: 'bpf/fragments.test.ts' }],
  },
  {
    case: 'IPv4 options, IPv6 extension headers',
    verdict: 'walked; what cannot be parsed is dropped at an isolated pod',
    tests: [{ file: 'bpf/headers.test.ts' }, { file: 'bpf/frames.test.ts', names: ['are dropped wherever they end inside their headers'] }],
  },
  {
    case: 'non-linear packets',
    verdict: 'read by a helper that sees them too',
    tests: [{ file: 'bpf/frames.test.ts', names: ['bytes of data'] }],
  },
];
