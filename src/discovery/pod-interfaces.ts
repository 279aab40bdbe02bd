/** Finds the host-side interfaces of pods: asks the namespaces that veths lead to for the pods' addresses, and proves each by the kernel's own links. */

import { PosternError } from '../model/error.ts';
import type { Address } from '../model/ip.ts';
import { dumpAddresses, dumpAddressesIn, type InterfaceAddress } from './addresses.ts';
import { dumpLinks, type Link, readLink } from './links.ts';
import { isErrno } from './netlink-message.ts';
import { readOwnNumber } from './netns-number.ts';
import { withRouteSocket } from './route-socket.ts';

/** A pod's interface whose other end is a veth in the caller's namespace. */
export interface EnforceableInterface {
  readonly address: Address;
  /** The caller's number for the pod's namespace; another namespace may have it once this one is gone. */
  readonly netnsid: number;
  readonly podIfindex: number;
  readonly hostIfindex: number;
  /** Addresses of the host side, link-local ones too: on the interface itself, and on the bridge that it is a port of. Root's, so the node's own. */
  readonly gateways: readonly Address[];
  /** More than one namespace carries the address. A pod with NET_ADMIN can give itself another's: only the runtime knows whose it is. */
  readonly contested: boolean;
}

/** An interface that carries a pod's address and has no host side here, in a namespace that another interface leads to. */
export interface UnenforcedInterface {
  readonly address: Address;
  readonly netnsid: number;
  readonly podIfindex: number;
  /** Why, as a sentence for people. */
  readonly unenforced: string;
}

export type PodInterface = EnforceableInterface | UnenforcedInterface;

/** A wanted address in a namespace, and the interface that carries it. */
interface Candidate {
  readonly address: Address;
  readonly netnsid: number;
  readonly link: Link;
}

/** The caller's namespace. */
interface HostView {
  readonly links: ReadonlyMap<number, Link>;
  readonly addresses: readonly InterfaceAddress[];
  readonly number: number | undefined;
}

/** A pod may have given itself so many addresses that telling them takes long: others are waiting. */
const TIMEOUT_MS = 500;

/**
 * One result for each wanted address and namespace that carries it; unenforced ones only where the address has no
 * enforceable interface. What vanishes or changes while it is read is left out: look again. Neither names nor routes are
 * believed: a veth must point to its peer and back, each by interface and by namespace. Namespaces to which an interface of `settled` (host
 * side, by index) leads are not asked. Where no veth leads (macvlan, ipvlan, SR-IOV), nothing is found.
 * Throws `E_NETLINK`, also where the agent lacks NET_ADMIN.
 */
export function findPodInterfaces(wanted: ReadonlySet<Address>, settled: ReadonlySet<number> = new Set()): PodInterface[] {
  if (wanted.size === 0) return [];
  return withRouteSocket((socket) => {
    const links = new Map(dumpLinks(socket).map((link) => [link.ifindex, link]));
    const candidates = askNamespaces(chooseNamespaces(links, settled), wanted);
    if (candidates.length === 0) return [];
    return judgeCandidates(candidates, { links, addresses: dumpAddresses(socket), number: readOwnNumber(socket) });
  });
}

/** Numbers of the namespaces that may hold a wanted address. */
function chooseNamespaces(links: ReadonlyMap<number, Link>, settled: ReadonlySet<number>): ReadonlySet<number> {
  const numbers = new Set<number>();
  for (const { kind, peerNetnsid } of links.values()) if (kind === 'veth' && peerNetnsid !== undefined) numbers.add(peerNetnsid);
  for (const ifindex of settled) numbers.delete(links.get(ifindex)?.peerNetnsid ?? -1);
  return numbers;
}

function askNamespaces(numbers: ReadonlySet<number>, wanted: ReadonlySet<Address>): Candidate[] {
  const candidates: Candidate[] = [];
  let answers = 0;
  let refusal: PosternError | undefined;
  for (const netnsid of numbers) {
    try {
      candidates.push(...findCandidates(netnsid, wanted));
      answers += 1;
    } catch (error) {
      if (!(error instanceof PosternError)) throw error;
      // Of another's user namespace, such as the one around a node that is a container itself.
      if (isErrno(error.cause, 'EACCES')) refusal = error;
      // It died, or a pod keeps it changing or has filled it: nobody else may have to wait for that.
      else if (!isErrno(error.cause, 'EINVAL', 'ENODEV', 'EINTR', 'ETIMEDOUT')) throw error;
    }
  }
  if (answers === 0 && refusal !== undefined) throw refusal;
  return candidates;
}

/** The wanted addresses in one namespace. On a socket of its own: one that was given up on is still being answered. */
function findCandidates(netnsid: number, wanted: ReadonlySet<Address>): Candidate[] {
  return withRouteSocket((socket) => {
    const carried = dumpAddressesIn(socket, netnsid, TIMEOUT_MS).filter(({ address }) => wanted.has(address));
    return [...Map.groupBy(carried, ({ ifindex }) => ifindex)].flatMap(([ifindex, addresses]) => {
      const link = readLink(socket, ifindex, netnsid);
      return link === undefined ? [] : addresses.map(({ address }) => ({ address, netnsid, link }));
    });
  });
}

function judgeCandidates(candidates: readonly Candidate[], host: HostView): PodInterface[] {
  const enforceable: EnforceableInterface[] = [];
  const unenforced: UnenforcedInterface[] = [];
  for (const candidate of candidates) {
    const { address, netnsid, link } = candidate;
    const place = { address, netnsid, podIfindex: link.ifindex };
    const reason = explainUnenforced(link, host);
    if (reason !== undefined) {
      unenforced.push({ ...place, unenforced: reason });
      continue;
    }
    const hostLink = findHostSide(candidate, host);
    if (hostLink === undefined) continue;
    const contested = candidates.some((other) => other.address === address && other.netnsid !== netnsid);
    enforceable.push({ ...place, hostIfindex: hostLink.ifindex, gateways: findGateways(hostLink, host), contested });
  }
  const settled = new Set(enforceable.map(({ address }) => address));
  return [...enforceable, ...unenforced.filter(({ address }) => !settled.has(address))];
}

/** Undefined for what may have a host side. */
function explainUnenforced(link: Link, host: HostView): string | undefined {
  if (link.loopback) return `its address is on the loopback interface ${link.name}`;
  if (link.kind !== 'veth') return `its interface ${link.name} is ${describeKind(link.kind)}, which has no host side`;
  const peerHere = link.peerNetnsid !== undefined && link.peerNetnsid === host.number;
  return peerHere ? undefined : `the other end of its interface ${link.name} is not in the agent's network namespace`;
}

function describeKind(kind: string | undefined): string {
  if (kind === undefined) return 'hardware';
  return `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind} interface`;
}

/** The host-side veth, if it points back; where it does not, interfaces have changed between the two readings. */
function findHostSide({ link, netnsid }: Candidate, host: HostView): Link | undefined {
  const peer = link.peer === undefined ? undefined : host.links.get(link.peer);
  const pointsBack = peer?.kind === 'veth' && peer.peer === link.ifindex && peer.peerNetnsid === netnsid;
  return pointsBack ? peer : undefined;
}

function findGateways(hostLink: Link, host: HostView): Address[] {
  const master = hostLink.master === undefined ? undefined : host.links.get(hostLink.master);
  const bridge = master?.kind === 'bridge' ? master.ifindex : undefined;
  return host.addresses.filter(({ ifindex }) => ifindex === hostLink.ifindex || ifindex === bridge).map(({ address }) => address);
}
