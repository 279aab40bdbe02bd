/** The stage of the packet tables: a pod, its friend, a stranger, the node and its gateway in both families, and short words for frames and their fates. */

import type { Address } from '../../src/model/ip.ts';
import { parseAddress } from '../../src/model/ip.ts';
import type { ReasonName } from '../../src/model/reasons.ts';
import type { Direction } from '../../src/model/verdict.ts';
import { hopByHop } from '../support/builders/extension-headers.ts';
import { ethernet, ipv4, ipv4Padding, ipv6, type Packet, type Segment } from '../support/builders/frames.ts';
import { namespace, node, pod, policy } from '../support/builders/objects.ts';
import { echo, echo6, icmp6Error, icmpError, type EchoOptions } from '../support/builders/segments.ts';
import { KernelHarness, type Outcome, type RunOptions } from '../support/kernel-harness.ts';

/** Who is who in one family, and how its packets are made. */
export interface Family {
  readonly name: 'IPv4' | 'IPv6';
  readonly pod: string;
  readonly friend: string;
  readonly stranger: string;
  /** Another pod of the same node, in no rule. */
  readonly neighbour: string;
  /** A cluster address, for tests that make a Service of it. */
  readonly service: string;
  readonly node: string;
  readonly otherNode: string;
  readonly gateway: string;
  readonly unspecified: string;
  readonly linkLocal: string;
  /** A multicast group of the link. */
  readonly group: string;
  readonly icmp: number;
  readonly everywhere: string;
  readonly packet: (source: string, destination: string, segment: Segment) => Packet;
  /** The same, by the slow way through the parser: IPv4 options, an IPv6 extension header. */
  readonly winding: (source: string, destination: string, segment: Segment) => Packet;
  readonly echo: (options?: EchoOptions) => Segment;
  readonly unreachable: (about: Packet, quote?: number) => Segment;
}

export const V4: Family = {
  name: 'IPv4',
  pod: '10.1.0.2',
  friend: '10.1.0.3',
  stranger: '203.0.113.9',
  neighbour: '10.1.0.77',
  service: '10.96.0.10',
  node: '10.9.0.1',
  otherNode: '10.9.0.2',
  gateway: '10.1.0.1',
  unspecified: '0.0.0.0',
  linkLocal: '169.254.7.7',
  group: '224.0.0.251',
  icmp: 1,
  everywhere: '0.0.0.0/0',
  packet: (source, destination, segment) => ipv4({ source, destination }, segment),
  winding: (source, destination, segment) => ipv4({ source, destination, options: ipv4Padding(2) }, segment),
  echo,
  unreachable: (about, quote) => icmpError('unreachable', about, quote),
};

export const V6: Family = {
  name: 'IPv6',
  pod: 'fd00:1::2',
  friend: 'fd00:1::3',
  stranger: '2001:db8:9::9',
  neighbour: 'fd00:1::77',
  service: 'fd00:96::10',
  node: 'fd00:9::1',
  otherNode: 'fd00:9::2',
  gateway: 'fd00:1::1',
  unspecified: '::',
  linkLocal: 'fe80::7',
  group: 'ff02::fb',
  icmp: 58,
  everywhere: '::/0',
  packet: (source, destination, segment) => ipv6({ source, destination }, segment),
  winding: (source, destination, segment) => ipv6({ source, destination }, hopByHop(segment)),
  echo: echo6,
  unreachable: (about, quote) => icmp6Error('unreachable', about, quote),
};

export const FAMILIES: readonly Family[] = [V4, V6];

/** The link-local address of the pod's gateway: the node's own, as is its routed one. */
export const GATEWAY_LINK_LOCAL = 'fe80::1';
const GATEWAYS: readonly Address[] = [V4.gateway, V6.gateway, GATEWAY_LINK_LOCAL].map(parseAddress);

export const FRIEND = { podSelector: { matchLabels: { app: 'friend' } } } as const;

export interface Rules {
  readonly ingress?: readonly unknown[];
  readonly egress?: readonly unknown[];
}

/** What became of a frame: `pass`, or the reason for which it was dropped. */
export type Fate = 'pass' | ReasonName;

export class Stage {
  readonly kernel = new KernelHarness();

  /** A direction without rules is not isolated; `policies: false` leaves the cluster without any. */
  set(
    rules: Rules,
    options: {
      readonly policies?: boolean;
      readonly annotations?: Readonly<Record<string, string>>;
      readonly ranOpen?: boolean;
      /** Where Services are judged. */
      readonly services?: 'after-nat' | 'endpoints';
    } = {},
  ): void {
    this.kernel.restart(options.services === undefined ? {} : { services: options.services });
    this.kernel.leaveServicesToAfterNat(options.services === 'after-nat');
    this.kernel.upsert(
      namespace('shop'),
      node('node-1', [V4.node, V6.node]),
      node('node-2', [V4.otherNode, V6.otherNode]),
      pod('shop/web', {
        node: 'node-1',
        addresses: [V4.pod, V6.pod],
        labels: { app: 'web' },
        annotations: options.annotations ?? {},
        containers: [[{ name: 'http', containerPort: 8080 }]],
      }),
      pod('shop/friend', {
        node: 'node-2',
        addresses: [V4.friend, V6.friend],
        labels: { app: 'friend' },
        containers: [[{ name: 'http', containerPort: 9090 }]],
      }),
      pod('shop/neighbour', { node: 'node-1', addresses: [V4.neighbour, V6.neighbour], labels: { app: 'neighbour' } }),
    );
    // A policy elsewhere: from then on every pod's source is checked.
    if (options.policies !== false) this.kernel.upsert(policy('elsewhere/any', { podSelector: {} }));
    if (options.ranOpen === true) this.kernel.bind('shop/web', GATEWAYS, true);
    this.edit(rules);
    if (options.ranOpen !== true) this.kernel.bind('shop/web', GATEWAYS);
  }

  /** Change the pod's rules under way. */
  edit(rules: Rules): void {
    const policyTypes = [...(rules.ingress === undefined ? [] : ['Ingress']), ...(rules.egress === undefined ? [] : ['Egress'])];
    if (policyTypes.length > 0)
      this.kernel.upsert(policy('shop/web', { podSelector: { matchLabels: { app: 'web' } }, policyTypes, ...rules }));
  }

  fate(direction: Direction, frame: Uint8Array, options?: RunOptions): Fate {
    return fateOf(this.kernel.run(direction, frame, options));
  }

  /** The pod sends it. */
  out(packet: Packet): Fate {
    return this.fate('egress', ethernet({}, packet));
  }

  /** The pod is sent it. */
  into(packet: Packet, options?: RunOptions): Fate {
    return this.fate('ingress', ethernet({}, packet), options);
  }

  /** Between the pod and `peer`, in one family. */
  talk(family: Family, peer: string): Talk {
    return {
      out: (segment) => this.out(family.packet(family.pod, peer, segment)),
      into: (segment, options) => this.into(family.packet(peer, family.pod, segment), options),
    };
  }

  close(): void {
    this.kernel.close();
  }
}

export interface Talk {
  out(segment: Segment): Fate;
  into(segment: Segment, options?: RunOptions): Fate;
}

export function fateOf(outcome: Outcome): Fate {
  if (outcome.passed) return 'pass';
  if (outcome.reason === undefined) throw new Error('a packet was dropped, and nothing was counted');
  return outcome.reason;
}

/** A bare IP packet as another ethertype. */
export function withEthertype(packet: Packet, ethertype: number): Packet {
  return { ...packet, ethertype };
}
