/** DHCP of both families, as client and as server, in both directions: UDP like any other, but for the sources that a client may not have yet. */

import { ipv4, ipv6, type Packet } from '../../support/builders/frames.ts';
import { udp } from '../../support/builders/segments.ts';
import { GATEWAY_LINK_LOCAL, V4, V6 } from '../stage.ts';
import { entry, into, out, outNever, partner, type Entry } from './table.ts';

const LEASE = new Uint8Array(240);
const four = (source: string, destination: string, from: 67 | 68, to: 67 | 68): Packet =>
  ipv4({ source, destination }, udp({ source: from, destination: to, data: LEASE }));
const six = (source: string, destination: string, from: 546 | 547, to: 546 | 547): Packet =>
  ipv6({ source, destination }, udp({ source: from, destination: to, data: LEASE }));

const ALL = '255.255.255.255';
const SERVERS = 'ff02::1:2';
const NODE = { fromNode: true } as const;

export const DHCP: readonly Entry[] = [
  entry('DHCPv4: discover and request, from no address', out(four('0.0.0.0', ALL, 68, 67), 'POLICY')),
  entry('DHCPv4: a request from its address to all', out(four(V4.pod, ALL, 68, 67), 'POLICY')),
  entry('DHCPv4: a renewal at the node', out(four(V4.pod, V4.gateway, 68, 67), 'NODE', 'NODE')),
  entry('DHCPv4: a renewal at a server elsewhere', out(four(V4.pod, V4.stranger, 68, 67), 'POLICY')),
  entry(
    'DHCPv4: a renewal at a server that policy allows, and its answer',
    out(four(V4.pod, partner(V4), 68, 67), 'ALLOWED'),
    into(four(partner(V4), V4.pod, 67, 68), 'pass', 'pass'),
  ),
  entry('DHCPv4: from no address to one host', outNever(four('0.0.0.0', V4.stranger, 68, 67), 'SPOOFED_SOURCE')),
  entry('DHCPv4: a client with the address of another', outNever(four(V4.neighbour, ALL, 68, 67), 'SPOOFED_SOURCE')),
  entry(
    'DHCPv4: a pod that plays the server',
    out(four(V4.pod, ALL, 67, 68), 'POLICY'),
    out(four(V4.pod, V4.neighbour, 67, 68), 'POLICY'),
    outNever(four(V4.gateway, ALL, 67, 68), 'SPOOFED_SOURCE'),
  ),
  entry(
    'DHCPv4: an offer of the node',
    into(four(V4.gateway, ALL, 67, 68), 'NODE', 'NODE', NODE),
    into(four(V4.gateway, V4.pod, 67, 68), 'pass', 'pass', NODE),
  ),
  entry(
    'DHCPv4: an offer of somebody who took the address of the node',
    into(four(V4.gateway, ALL, 67, 68), 'POLICY'),
    into(four(V4.gateway, V4.pod, 67, 68), 'POLICY', 'pass'),
  ),
  entry(
    'DHCPv4: an offer of a stranger',
    into(four(V4.stranger, ALL, 67, 68), 'POLICY'),
    into(four(V4.stranger, V4.pod, 67, 68), 'POLICY', 'pass'),
  ),
  entry('DHCPv4: an offer from no address', into(four('0.0.0.0', ALL, 67, 68), 'POLICY')),
  entry(
    'DHCPv4: an answer to all does not answer what was asked of all',
    out(four('0.0.0.0', ALL, 68, 67), 'POLICY'),
    into(four(V4.stranger, ALL, 67, 68), 'POLICY'),
  ),
  entry('DHCPv6: a solicitation', out(six('fe80::2', SERVERS, 546, 547), 'POLICY')),
  entry('DHCPv6: a solicitation from its address', out(six(V6.pod, SERVERS, 546, 547), 'POLICY')),
  entry('DHCPv6: a solicitation to one host', outNever(six('fe80::2', V6.stranger, 546, 547), 'SPOOFED_SOURCE')),
  entry('DHCPv6: a client with the address of another', outNever(six(V6.neighbour, SERVERS, 546, 547), 'SPOOFED_SOURCE')),
  entry('DHCPv6: a message to the node', out(six('fe80::2', GATEWAY_LINK_LOCAL, 546, 547), 'NODE', 'NODE')),
  entry(
    'DHCPv6: a pod that plays the server',
    out(six('fe80::2', 'fe80::9', 547, 546), 'POLICY'),
    out(six(V6.pod, V6.neighbour, 547, 546), 'POLICY'),
    out(six(V6.pod, 'ff05::1:3', 547, 547), 'POLICY'),
    outNever(six(V6.gateway, 'fe80::9', 547, 546), 'SPOOFED_SOURCE'),
  ),
  entry('DHCPv6: an advertisement of the node', into(six(GATEWAY_LINK_LOCAL, 'fe80::2', 547, 546), 'NODE', 'NODE', NODE)),
  entry(
    'DHCPv6: an advertisement of somebody who took the address of the node',
    into(six(GATEWAY_LINK_LOCAL, 'fe80::2', 547, 546), 'POLICY'),
  ),
  entry('DHCPv6: an advertisement of another', into(six('fe80::9', 'fe80::2', 547, 546), 'POLICY')),
  entry('DHCPv6: a reconfiguration by a stranger', into(six(V6.stranger, V6.pod, 547, 546), 'POLICY')),
];
