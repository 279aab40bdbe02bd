/** ARP: a pod speaks for its own address or for none, whatever else is odd about the message; anyone may speak to it. */

import { concat, macBytes, u16, wireAddress } from '../../support/builders/bytes.ts';
import { arp, ethernet, ETHERTYPE, HOST_MAC, POD_MAC, type ArpOptions, type Packet } from '../../support/builders/frames.ts';
import { V4 } from '../stage.ts';
import { entry, intoEach, outEach, outNever, type Entry } from './table.ts';

const EVERYWHERE = ['pass', 'pass', 'pass', 'pass'] as const;

interface Odd {
  readonly hardware?: number;
  readonly protocol?: number;
  readonly hardwareLength?: number;
  readonly protocolLength?: number;
  readonly operation?: number;
  readonly sender?: string;
}

/** Sizes as they are told, over a message of the usual size. */
function odd(options: Odd): Packet {
  const { hardware = 1, protocol = ETHERTYPE.ipv4, hardwareLength = 6, protocolLength = 4, operation = 1, sender = V4.pod } = options;
  const bytes = concat(
    [...u16(hardware), ...u16(protocol), hardwareLength, protocolLength, ...u16(operation)],
    macBytes(POD_MAC),
    wireAddress(sender),
    macBytes('00:00:00:00:00:00'),
    wireAddress(V4.gateway),
  );
  return { ethertype: ETHERTYPE.arp, bytes };
}

const own = (what: string, packet: Packet | Uint8Array): Entry => entry(what, outEach(packet, EVERYWHERE), intoEach(packet, EVERYWHERE));
const foreign = (what: string, packet: Packet | Uint8Array): Entry =>
  entry(what, outNever(packet, 'SPOOFED_ARP'), intoEach(packet, EVERYWHERE));
const message = (operation: ArpOptions['operation'], sender: string, target: string, more: Partial<ArpOptions> = {}): Packet =>
  arp({ operation, sender, target, ...more });

const WELL_MADE: readonly Entry[] = [
  own('a question', message('request', V4.pod, V4.gateway)),
  own('an answer', message('reply', V4.pod, V4.gateway, { targetMac: HOST_MAC })),
  own('a gratuitous question', message('request', V4.pod, V4.pod)),
  own('a gratuitous answer', message('reply', V4.pod, V4.pod)),
  own('a probe of its own address', message('request', '0.0.0.0', V4.pod)),
  own('a probe of another address', message('request', '0.0.0.0', V4.neighbour)),
  own('a question about itself from itself to itself', message('request', V4.pod, V4.pod, { targetMac: POD_MAC })),
  own('a question with another hardware address', message('request', V4.pod, V4.gateway, { senderMac: '06:00:00:00:00:09' })),
  own('a question from the broadcast hardware address', message('request', V4.pod, V4.gateway, { senderMac: 'ff:ff:ff:ff:ff:ff' })),
  own(
    'a question to all, under a tag',
    ethernet({ vlans: [{ id: 7 }], destination: 'ff:ff:ff:ff:ff:ff' }, message('request', V4.pod, V4.gateway)),
  ),
];

const SENDERS: Readonly<Record<string, string>> = {
  'the gateway': V4.gateway,
  'the node': V4.node,
  'a neighbour': V4.neighbour,
  'its friend': V4.friend,
  'a stranger': V4.stranger,
  loopback: '127.0.0.1',
  broadcast: '255.255.255.255',
  'a group': V4.group,
  'a link-local address': V4.linkLocal,
  'an address that begins like none': '0.0.0.1',
};

const FOREIGN: readonly Entry[] = Object.entries(SENDERS).flatMap(([who, sender]) => [
  foreign(`a question from ${who}`, message('request', sender, V4.gateway)),
  foreign(`an answer for ${who}`, message('reply', sender, V4.neighbour, { targetMac: HOST_MAC })),
  foreign(`a gratuitous answer for ${who}`, message('reply', sender, sender)),
  foreign(`a gratuitous answer for ${who} under two tags`, ethernet({ vlans: [{ id: 7 }, { id: 8 }] }, message('reply', sender, sender))),
]);

/** What cannot be held to an address is not believed, the pod's own neither. */
const ODD: readonly Entry[] = [
  foreign('hardware addresses of 0 bytes', odd({ hardwareLength: 0 })),
  foreign('hardware addresses of 5 bytes', odd({ hardwareLength: 5 })),
  foreign('hardware addresses of 8 bytes', odd({ hardwareLength: 8 })),
  foreign('hardware addresses of 255 bytes', odd({ hardwareLength: 255 })),
  foreign('protocol addresses of 0 bytes', odd({ protocolLength: 0 })),
  foreign('protocol addresses of 3 bytes', odd({ protocolLength: 3 })),
  foreign('protocol addresses of 16 bytes', odd({ protocolLength: 16 })),
  foreign('protocol IPv6', odd({ protocol: ETHERTYPE.ipv6 })),
  foreign('protocol 0', odd({ protocol: 0 })),
  ...[0, 3, 4, 8, 9, 255, 65_535].flatMap((operation) => [
    own(`operation ${operation} for itself`, odd({ operation })),
    foreign(`operation ${operation} for the gateway`, odd({ operation, sender: V4.gateway })),
  ]),
  ...[0, 6, 15, 32].flatMap((hardware) => [
    own(`hardware ${hardware} for itself`, odd({ hardware })),
    foreign(`hardware ${hardware} for the gateway`, odd({ hardware, sender: V4.gateway })),
  ]),
  ...Array.from({ length: 18 }, (_, bytes) => bytes).map((bytes) =>
    foreign(`cut to ${bytes} bytes`, ethernet({}, message('request', V4.pod, V4.gateway)).slice(0, 14 + bytes)),
  ),
  own('cut behind its sender', ethernet({}, message('request', V4.pod, V4.gateway)).slice(0, 14 + 18)),
  foreign('cut behind a foreign sender', ethernet({}, message('request', V4.gateway, V4.pod)).slice(0, 14 + 18)),
];

export const ARP: readonly Entry[] = [...WELL_MADE, ...FOREIGN, ...ODD];
