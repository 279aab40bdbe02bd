/** A cluster in the kernel's maps and in their in-memory twin, with one node's pods to be asked one after the other at the interface of test runs. */

import { MemoryDatapath } from '../../src/datapath/memory.ts';
import { isIPv4, type Address } from '../../src/model/ip.ts';
import type { Pod } from '../../src/model/objects.ts';
import type { Direction, Verdict } from '../../src/model/verdict.ts';
import { PROTOCOL_NUMBER } from '../../src/model/verdict.ts';
import { destinationOptions } from '../support/builders/extension-headers.ts';
import { ethernet, ipv4, ipv4Padding, ipv6, raw, type Segment } from '../support/builders/frames.ts';
import { echo, echo6, sctp, tcp, udp } from '../support/builders/segments.ts';
import type { Flow, World } from '../support/oracle/world.ts';
import { IFINDEX, type KernelHarness } from '../support/kernel-harness.ts';

/** Interfaces of the world's pods; test runs have another. */
const FIRST_IFINDEX = 100;
/** Source ports are used once in a world: a row that one packet left would answer for the next. */
const FIRST_SOURCE_PORT = 20_000;

export class KernelWorld {
  readonly twin = new MemoryDatapath();
  readonly #kernel: KernelHarness;
  readonly #ifindexOf = new Map<string, number>();
  #sourcePort = FIRST_SOURCE_PORT;

  constructor(kernel: KernelHarness, world: World, node: string) {
    this.#kernel = kernel;
    kernel.restart({ node });
    const { compiler } = kernel;
    compiler.apply(
      [...world.namespaces, ...world.nodes, ...world.pods, ...world.policies].map((object) => ({ type: 'upsert', object }) as const),
    );
    for (const key of compiler.localPods().keys()) {
      const ifindex = FIRST_IFINDEX + this.#ifindexOf.size;
      this.#ifindexOf.set(key, ifindex);
      compiler.bind(key, { ifindex, netns: ifindex }, [], false);
    }
    const operations = compiler.flush({ ms: 0, monotonic: 0n }).steps.flat();
    this.twin.apply(operations);
    kernel.maps.apply(operations);
  }

  ifindexOf(pod: Pod): number | undefined {
    return this.#ifindexOf.get(`${pod.namespace}/${pod.name}`);
  }

  /** What the in-memory maps say of the flow at one of its ends; exemptions are not theirs to know. */
  ask(ifindex: number, side: Direction, flow: Flow): Verdict {
    return this.twin.judge(ifindex, side, side === 'egress' ? flow.destination : flow.source, protocolNumber(flow), flow.port ?? 0);
  }

  /** What the program does with the flow's opening packet there; by a hairpin where both ends are the pod. */
  send(ifindex: number, side: Direction, flow: Flow, winding: boolean, hairpin: boolean): boolean {
    const word = this.twin.words.get(ifindex);
    if (word === undefined) throw new Error(`nothing was set for interface ${ifindex}`);
    // Flows without ports are the same both ways, and a row of theirs would answer for the other direction.
    if (flow.port === undefined) this.#kernel.evict();
    this.#kernel.maps.apply([{ op: 'set-endpoint', ifindex: IFINDEX, word }]);
    return this.#kernel.pass(side, openingFrame(flow, this.#sourcePort++, winding), { fromNode: flow.sourceIsLocalNode === true, hairpin });
  }
}

export function protocolNumber(flow: Flow): number {
  return typeof flow.protocol === 'number' ? flow.protocol : PROTOCOL_NUMBER[flow.protocol];
}

/** 224.0.0.0/4, 255.255.255.255 or ff00::/8: where IGMP and MLD go unjudged. */
export function isGroup(address: Address): boolean {
  if (!isIPv4(address)) return address >> 120n === 0xffn;
  return ((address >> 28n) & 0xfn) === 0xen || (address & 0xffffffffn) === 0xffffffffn;
}

/** `winding`: by the parser's slow way. */
function openingFrame(flow: Flow, sourcePort: number, winding: boolean): Uint8Array {
  const { source, destination } = flow;
  const segment = openingSegment(flow, sourcePort);
  if (isIPv4(source)) return ethernet({}, ipv4({ source, destination, ...(winding ? { options: ipv4Padding(2) } : {}) }, segment));
  return ethernet({}, ipv6({ source, destination }, winding ? destinationOptions(segment) : segment));
}

function openingSegment(flow: Flow, source: number): Segment {
  const ports = { source, destination: flow.port ?? 0 };
  const v4 = isIPv4(flow.source);
  switch (protocolNumber(flow)) {
    case 6:
      return tcp(ports);
    case 17:
      return udp(ports);
    case 132:
      return sctp(ports);
    case 1:
      return v4 ? echo() : raw(1);
    case 58:
      return v4 ? raw(58) : echo6();
    default:
      return raw(protocolNumber(flow));
  }
}
