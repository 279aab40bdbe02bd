/** The kernel's side of flow histories: one pod, its peers, and frames for what they say to each other. */

import { parseAddress } from '../../src/model/ip.ts';
import { ethernet, ipv4, ipv6, slice, type Packet as IpPacket, type Segment as Bytes } from '../support/builders/frames.ts';
import { fragmentHeader } from '../support/builders/extension-headers.ts';
import { namespace, node, pod, policy } from '../support/builders/objects.ts';
import { sctp, tcp, udp, type TcpFlag } from '../support/builders/segments.ts';
import type { PodName } from '../support/generators/flow-histories.ts';
import { service } from '../support/builders/services.ts';
import type { FlowEnds } from '../support/flow-rows.ts';
import type { KernelConntrack } from '../support/kernel-conntrack.ts';
import type { KernelHarness, RunOptions } from '../support/kernel-harness.ts';
import { GATEWAY_LINK_LOCAL, V4, V6, type Family } from '../bpf/stage.ts';
import { isIsolated, specOf, type PeerClass, type Rules, type Side } from './flow-rules.ts';
import type { Standing } from './flow-model.ts';
import { FlowProxy, SERVICE_PORTS, type Behind, type Led } from './flow-proxy.ts';
import type { Packet, Tuple } from './flow-words.ts';

const ADDRESSES: Readonly<Record<string, readonly [v4: string, v6: string]>> = {
  alice: ['10.1.0.3', 'fd00:1::3'],
  bob: ['10.1.0.4', 'fd00:1::4'],
  stranger: ['203.0.113.9', '2001:db8:9::9'],
  outsider: ['198.51.100.9', '2001:db8:5::9'],
  node: [V4.node, V6.node],
  'other-node': [V4.otherNode, V6.otherNode],
  itself: [V4.pod, V6.pod],
  service: [V4.service, V6.service],
};
const PROTOCOLS = { tcp: 6, udp: 17, sctp: 132 } as const;
/** What the keys of echoes have for a port. */
const ASKER = { pod: 1, peer: 2 } as const;
const DATA = new Uint8Array(64);
/** Where datagrams are cut, in bytes: behind every transport header. */
const CUT = 48;

export class FlowWorld {
  readonly #kernel: KernelHarness;
  readonly #pods = new Map<PodName, { readonly key: string; readonly label: PeerClass }>();
  readonly #departed = new Set<string>();
  readonly #proxy: FlowProxy;
  #ownNode = 'node';
  #rules: Rules = {};
  #uid = 0;

  constructor(kernel: KernelHarness, conntrack: KernelConntrack, rules: Rules, ranOpen: boolean) {
    this.#kernel = kernel;
    this.#proxy = new FlowProxy(kernel, conntrack, addressIn);
    kernel.restart();
    kernel.leaveServicesToAfterNat(true);
    kernel.upsert(
      namespace('shop'),
      service('shop/api', { addresses: ADDRESSES['service'] ?? [], ports: SERVICE_PORTS }),
      pod('shop/web', { node: 'node-1', addresses: [V4.pod, V6.pod], labels: { app: 'web' } }),
      // Another pod of the node, whose policy names every peer: so each keeps an identity, whatever the rules of the one under test.
      pod('shop/anchor', { node: 'node-1', addresses: ['10.1.0.50'], labels: { app: 'anchor' } }),
      policy(
        'shop/anchor',
        specOf('anchor', {
          ingress: [
            { peers: ['friend'], ports: 'every' },
            { peers: ['other'], ports: 'every' },
          ],
        }),
      ),
    );
    this.#tellNodes();
    this.replace('alice', 'friend');
    this.replace('bob', 'other');
    this.edit(rules);
    this.bind(ranOpen);
  }

  standingOf(peer: string): Standing {
    const owner = this.#pods.get(peer as PodName);
    const classes: PeerClass[] = owner === undefined ? [] : [owner.label];
    if (peer === 'outsider') classes.push('block');
    if (peer === 'node' || peer === 'other-node') classes.push('nodes');
    return { classes, ownNode: peer === this.#ownNode, self: peer === 'itself', departed: this.#departed.has(peer) };
  }

  isAlive(name: PodName): boolean {
    return this.#pods.has(name);
  }

  /* What happens around the packets */

  bind(ranOpen: boolean): void {
    this.#kernel.bind('shop/web', [V4.gateway, V6.gateway, GATEWAY_LINK_LOCAL].map(parseAddress), ranOpen);
  }

  unbind(): void {
    this.#kernel.unbind();
  }

  edit(rules: Rules): void {
    this.#rules = rules;
    const object = policy('shop/web', specOf('web', rules));
    if (isIsolated(rules)) this.#kernel.upsert(object);
    else this.#kernel.delete(object);
  }

  relabel(name: PodName, label: PeerClass): void {
    const before = this.#pods.get(name);
    if (before !== undefined) this.#put(name, before.key, label);
  }

  /** Another pod has the address from now on. */
  replace(name: PodName, label: PeerClass): void {
    this.#uid += 1;
    this.#put(name, `shop/${name}-${this.#uid}`, label);
    this.#departed.delete(name);
  }

  die(name: PodName): void {
    const before = this.#pods.get(name);
    if (before === undefined) return;
    this.#kernel.tell([{ type: 'delete', kind: 'Pod', key: before.key }]);
    this.#pods.delete(name);
    this.#departed.add(name);
  }

  /** Gives those whose flows are swept. */
  sweep(): readonly string[] {
    this.#kernel.sweep();
    const swept = [...this.#departed];
    this.#departed.clear();
    return swept;
  }

  moveNode(): void {
    this.#departed.add(this.#ownNode);
    this.#ownNode = this.#ownNode === 'node' ? 'other-node' : 'node';
    this.#departed.delete(this.#ownNode);
    this.#tellNodes();
  }

  evict(tuple?: Tuple): void {
    if (tuple === undefined) this.#kernel.evict();
    else this.#kernel.evict(endsOfRow(tuple));
  }

  get proxy(): Pick<FlowProxy, 'lead' | 'forget'> {
    return this.#proxy;
  }

  behind(tuple: Tuple): Behind {
    return this.#proxy.behind(tuple);
  }

  elapse(seconds: number): void {
    this.#kernel.elapse(seconds);
  }

  /* Packets */

  /** `mayReach`: what after_nat judges by. */
  send(packet: Packet, mayReach: (tuple: Tuple, led: Led) => boolean): boolean {
    const { tuple, by } = packet;
    const passed = this.#run(packet, ipPacketOf(packet));
    if (!passed || tuple.peer !== 'service') return passed;
    if (by === 'peer') this.#proxy.answer(tuple);
    const judge = this.#rules.egress === undefined ? undefined : (led: Led) => mayReach(tuple, led);
    return by === 'peer' || this.#proxy.forward(tuple, endsOfRow(tuple), judge);
  }

  sendFragment(packet: Packet, part: 'first' | 'later', id: number): boolean {
    const { tuple } = packet;
    const [source, destination] = endsOf(packet);
    const whole = bytesOf(packet);
    const piece = part === 'first' ? slice(whole, 0, CUT) : slice(whole, CUT);
    const more = part === 'first';
    const offset = part === 'first' ? 0 : CUT / 8;
    return this.#run(
      packet,
      tuple.family === 4
        ? ipv4({ source, destination, id, moreFragments: more, fragmentOffset: offset }, piece)
        : ipv6({ source, destination }, fragmentHeader({ id, more, offset }, piece)),
    );
  }

  /** An ICMP error about the packet, which goes the other way. */
  sendError(about: Packet, fromRouter: boolean): boolean {
    const { tuple } = about;
    const family = familyOf(tuple);
    const segment = family.unreachable(ipPacketOf(about));
    if (about.by === 'peer') return this.#kernel.pass('egress', ethernet({}, family.packet(family.pod, addressOf(tuple), segment)));
    const from = fromRouter ? family.stranger : addressOf(tuple);
    return this.#kernel.pass('ingress', ethernet({}, family.packet(from, family.pod, segment)));
  }

  #run(packet: Packet, ip: IpPacket): boolean {
    const frame = ethernet({}, ip);
    if (packet.by === 'pod') return this.#kernel.pass('egress', frame);
    const options: RunOptions = packet.tuple.peer === 'itself' ? { hairpin: true } : { fromNode: !packet.arrived };
    return this.#kernel.pass('ingress', frame, options);
  }

  #tellNodes(): void {
    const [own, other] = this.#ownNode === 'node' ? ['node', 'other-node'] : ['other-node', 'node'];
    this.#kernel.upsert(node('node-1', ADDRESSES[own] ?? []), node('node-2', ADDRESSES[other] ?? []));
  }

  #put(name: PodName, key: string, label: PeerClass): void {
    const before = this.#pods.get(name);
    const addresses = ADDRESSES[name] ?? [];
    const leaving = before === undefined || before.key === key ? [] : [{ type: 'delete', kind: 'Pod', key: before.key } as const];
    // One with other labels comes in the same flush, one with the same labels in the next.
    if (before?.label === label) this.#kernel.tell(leaving);
    this.#kernel.tell([
      ...(before?.label === label ? [] : leaving),
      { type: 'upsert', object: pod(key, { node: 'node-2', addresses, labels: { app: label }, startedAt: this.#uid * 1000, uid: key }) },
    ]);
    this.#pods.set(name, { key, label });
  }
}

function addressOf({ family, peer }: Tuple): string {
  return addressIn(peer, family);
}

function endsOfRow(tuple: Tuple): FlowEnds {
  return {
    remote: parseAddress(addressOf(tuple)),
    protocol: protocolOf(tuple),
    localPort: tuple.podPort,
    remotePort: tuple.transport === 'echo' ? ASKER[tuple.asker ?? 'pod'] : tuple.peerPort,
  };
}

function addressIn(peer: string, family: 4 | 6): string {
  const pair = ADDRESSES[peer];
  if (pair === undefined) throw new Error(`nobody is called ${peer}`);
  return pair[family === 4 ? 0 : 1];
}

function familyOf({ family }: Tuple): Family {
  return family === 4 ? V4 : V6;
}

function protocolOf(tuple: Tuple): number {
  return tuple.transport === 'echo' ? familyOf(tuple).icmp : PROTOCOLS[tuple.transport];
}

function endsOf({ by, tuple }: Packet): readonly [source: string, destination: string] {
  const { pod: own } = familyOf(tuple);
  return by === 'pod' ? [own, addressOf(tuple)] : [addressOf(tuple), own];
}

function ipPacketOf(packet: Packet): IpPacket {
  const [source, destination] = endsOf(packet);
  return familyOf(packet.tuple).packet(source, destination, bytesOf(packet));
}

function bytesOf({ by, tuple, segment }: Packet): Bytes {
  const [source, destination] = portsOf(by, tuple);
  switch (segment) {
    case 'datagram':
      return udp({ source, destination, data: DATA });
    case 'init':
      return sctp({ source, destination, data: DATA });
    case 'chunk':
      return sctp({ source, destination, chunk: 'data', data: DATA });
    case 'request':
    case 'reply':
      return familyOf(tuple).echo({ id: tuple.podPort, reply: segment === 'reply', data: DATA });
    case 'syn':
    case 'syn-ack':
    case 'ack':
    case 'fin':
    case 'rst':
      return tcp({ source, destination, flags: FLAGS[segment], data: DATA });
  }
}

const FLAGS: Readonly<Record<'syn' | 'syn-ack' | 'ack' | 'fin' | 'rst', readonly TcpFlag[]>> = {
  syn: ['syn'],
  'syn-ack': ['syn', 'ack'],
  ack: ['ack'],
  fin: ['fin', 'ack'],
  rst: ['rst', 'ack'],
};

function portsOf(by: Side, { podPort, peerPort }: Tuple): readonly [source: number, destination: number] {
  return by === 'pod' ? [podPort, peerPort] : [peerPort, podPort];
}
