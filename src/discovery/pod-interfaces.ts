/** Finds the host-side interfaces of pods by the addresses that their namespaces carry, proved by the kernel's own links. */

import type { Address } from '../model/ip.ts';
import { PosternError } from '../model/error.ts';
import { dumpAddresses, type InterfaceAddress } from './addresses.ts';
import { dumpLinks, type Link } from './links.ts';
import { isErrno } from './netlink-message.ts';
import { readNetnsNumber } from './netns-number.ts';
import { findNetnsPaths, Netns, type NetnsSearch, withRouteSocket } from './netns.ts';

/** A pod's interface whose other end is a veth in the caller's namespace. */
export interface EnforceableInterface {
  readonly address: Address;
  readonly netnsInode: number;
  readonly podIfindex: number;
  readonly hostIfindex: number;
  /** Addresses of the host side, link-local ones too: on the interface itself, and on the bridge that it is a port of. Root's, so the node's own. */
  readonly gateways: readonly Address[];
  /** More than one namespace carries the address. A pod with NET_ADMIN can give itself another's: only the runtime knows whose it is. */
  readonly contested: boolean;
}

/** A pod's interface without a host side here. */
export interface UnenforcedInterface {
  readonly address: Address;
  readonly netnsInode: number;
  readonly podIfindex: number;
  /** Why, as a sentence for people. */
  readonly unenforced: string;
}

export type PodInterface = EnforceableInterface | UnenforcedInterface;

/** A wanted address in a namespace, and the interface that carries it. */
interface Candidate {
  readonly address: Address;
  readonly netns: Netns;
  readonly link: Link;
  /** Whether the other end of `link` lies in the caller's namespace. */
  readonly peerHere: boolean;
}

/** The caller's namespace, read after all others, so that what they point to is in it. */
interface HostView {
  readonly links: ReadonlyMap<number, Link>;
  readonly addresses: readonly InterfaceAddress[];
  /** Netns inode → the number of that namespace here. */
  readonly numbers: ReadonlyMap<number, number | undefined>;
}

/**
 * One result for each wanted address and namespace that carries it; unenforced ones only where the address has no
 * enforceable interface. What vanishes or changes while it is read is left out: look again. Neither names nor routes are
 * believed: a veth must point to its peer and back, each by interface and by namespace.
 * Throws `E_NETNS` or `E_NETLINK` where the agent lacks the capabilities.
 */
export function findPodInterfaces(wanted: ReadonlySet<Address>, search: NetnsSearch = {}): PodInterface[] {
  if (wanted.size === 0) return [];
  const own = Netns.own();
  const opened: Netns[] = [own];
  try {
    const candidates = findNetnsPaths(search).flatMap((path) => {
      const netns = openIfThere(path);
      if (netns === undefined) return [];
      opened.push(netns);
      return findCandidates(netns, own, wanted) ?? [];
    });
    return candidates.length === 0 ? [] : judgeCandidates(candidates);
  } finally {
    for (const netns of opened) netns.close();
  }
}

function judgeCandidates(candidates: readonly Candidate[]): PodInterface[] {
  const host = readHost(candidates);
  const enforceable: EnforceableInterface[] = [];
  const unenforced: UnenforcedInterface[] = [];
  for (const candidate of candidates) {
    const { address, netns, link } = candidate;
    const place = { address, netnsInode: netns.inode, podIfindex: link.ifindex };
    const reason = explainUnenforced(candidate);
    if (reason !== undefined) {
      unenforced.push({ ...place, unenforced: reason });
      continue;
    }
    const hostLink = findHostSide(candidate, host);
    if (hostLink === undefined) continue;
    const contested = candidates.some((other) => other.address === address && other.netns !== netns);
    enforceable.push({ ...place, hostIfindex: hostLink.ifindex, gateways: findGateways(hostLink, host), contested });
  }
  const settled = new Set(enforceable.map(({ address }) => address));
  return [...enforceable, ...unenforced.filter(({ address }) => !settled.has(address))];
}

/** The wanted addresses in one namespace; undefined where it is no network namespace. */
function findCandidates(netns: Netns, own: Netns, wanted: ReadonlySet<Address>): Candidate[] | undefined {
  try {
    return withRouteSocket(netns, (socket) => {
      // Most namespaces have none: they cost one dump.
      const carried = dumpAddresses(socket).filter(({ address }) => wanted.has(address));
      if (carried.length === 0) return [];
      const links = new Map(dumpLinks(socket).map((link) => [link.ifindex, link]));
      const ownNumber = readNetnsNumber(socket, own);
      return carried.flatMap(({ address, ifindex }) => {
        const link = links.get(ifindex);
        if (link === undefined) return [];
        return [{ address, netns, link, peerHere: link.peerNetnsid !== undefined && link.peerNetnsid === ownNumber }];
      });
    });
  } catch (error) {
    // A leftover of a namespace that is gone, or the file over which one is about to be mounted.
    if (error instanceof PosternError && isErrno(error.cause, 'EINVAL')) return undefined;
    throw error;
  }
}

function openIfThere(path: string): Netns | undefined {
  try {
    return new Netns(path);
  } catch (error) {
    if (error instanceof PosternError && isErrno(error.cause, 'ENOENT', 'ESRCH', 'EACCES')) return undefined;
    throw error;
  }
}

function readHost(candidates: readonly Candidate[]): HostView {
  return withRouteSocket(null, (socket) => {
    const links = new Map(dumpLinks(socket).map((link) => [link.ifindex, link]));
    const addresses = dumpAddresses(socket);
    const numbers = new Map<number, number | undefined>();
    for (const { netns } of candidates) if (!numbers.has(netns.inode)) numbers.set(netns.inode, readNetnsNumber(socket, netns));
    return { links, addresses, numbers };
  });
}

/** Undefined for what may have a host side. */
function explainUnenforced({ link, peerHere }: Candidate): string | undefined {
  if (link.loopback) return `its address is on the loopback interface ${link.name}`;
  if (link.kind !== 'veth') return `its interface ${link.name} is ${describeKind(link.kind)}, which has no host side`;
  if (!peerHere) return `the other end of its interface ${link.name} is not in the agent's network namespace`;
  return undefined;
}

function describeKind(kind: string | undefined): string {
  if (kind === undefined) return 'hardware';
  return `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind} interface`;
}

/** The host-side veth, if it points back; where it does not, interfaces have changed between the two readings. */
function findHostSide({ link, netns }: Candidate, host: HostView): Link | undefined {
  const peer = link.peer === undefined ? undefined : host.links.get(link.peer);
  const number = host.numbers.get(netns.inode);
  const pointsBack = peer?.kind === 'veth' && peer.peer === link.ifindex && number !== undefined && peer.peerNetnsid === number;
  return pointsBack ? peer : undefined;
}

function findGateways(hostLink: Link, host: HostView): Address[] {
  const master = hostLink.master === undefined ? undefined : host.links.get(hostLink.master);
  const bridge = master?.kind === 'bridge' ? master.ifindex : undefined;
  return host.addresses.filter(({ ifindex }) => ifindex === hostLink.ifindex || ifindex === bridge).map(({ address }) => address);
}
