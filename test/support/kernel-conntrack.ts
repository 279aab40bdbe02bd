/** The kernel's own connection tracking, in a network namespace that this thread enters, filled by hand (ctnetlink): what test runs of the programs then find there. */

import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as native from '../../native/index.js';
import { encodeAttribute, encodeMessage, NLM_F_REQUEST } from '../../src/discovery/netlink-message.ts';
import { isIPv4 } from '../../src/model/ip.ts';
import { concat, toAddress, u16, u32, wireAddress } from './builders/bytes.ts';

interface Libc {
  unshare(flags: number): number;
  setns(fd: number, type: number): number;
}
type Signature = readonly [result: string, args: readonly string[]];
const ffi = createRequire(import.meta.url)('@2060.io/ffi-napi') as { Library(name: null, functions: Record<keyof Libc, Signature>): Libc };
const libc = ffi.Library(null, { unshare: ['int', ['int']], setns: ['int', ['int', 'int']] });

const CLONE_NEWNET = 0x40000000;
const NETLINK_NETFILTER = 12;
/** linux/netfilter/nfnetlink_conntrack.h: subsystem 1; IPCTNL_MSG_CT_NEW, _GET, _DELETE. */
const [CT_NEW, CT_GET, CT_DELETE] = [0x100, 0x101, 0x102];
const [NLM_F_ACK, NLM_F_EXCL, NLM_F_CREATE] = [0x4, 0x200, 0x400];
const NLA_F_NESTED = 0x8000;
const CTA = { original: 1, reply: 2, status: 3, protocolInfo: 4, timeout: 7 } as const;
const CTA_TUPLE = { ip: 1, protocol: 2 } as const;
const CTA_IP = { 4: { source: 1, destination: 2 }, 6: { source: 3, destination: 4 } } as const;
const CTA_PROTO = { number: 1, source: 2, destination: 3 } as const;
const [CTA_PROTOINFO_TCP, CTA_PROTOINFO_TCP_STATE, ESTABLISHED] = [1, 1, 3];
/** Seen in both directions, and confirmed: an entry is made with that bit and cannot lose it. */
const STATUS = 0b1010;
const SECONDS = 600;
const TCP = 6;
const [AF_INET, AF_INET6] = [2, 10];

export interface End {
  readonly address: string;
  readonly port: number;
}

/** A flow as it was sent, and who answers it to whom: the same two ends, unless somebody rewrote them. */
export interface TrackedFlow {
  /** IANA number: TCP or UDP. */
  readonly protocol: number;
  readonly from: End;
  readonly to: End;
  /** The backend that a Service led to. */
  readonly answeredBy?: End;
  /** What a masquerade made of the client. */
  readonly answeredTo?: End;
}

/** What a flow is found by. */
type Ends = Pick<TrackedFlow, 'protocol' | 'from' | 'to'>;

export class KernelConntrack {
  readonly #before: number;
  readonly #socket: native.Fd;
  readonly #added = new Map<string, TrackedFlow>();

  /** The thread is in a namespace of its own from here until `close`. */
  constructor() {
    this.#before = openSync('/proc/thread-self/ns/net', 'r');
    if (libc.unshare(CLONE_NEWNET) !== 0) throw new Error('no network namespace can be made');
    this.#socket = native.netlinkOpen(NETLINK_NETFILTER, []);
  }

  add(flow: TrackedFlow): void {
    this.#added.set(nameOf(flow), flow);
    const { protocol, from, to, answeredBy = to, answeredTo = from } = flow;
    const established = nested(
      CTA.protocolInfo,
      nested(CTA_PROTOINFO_TCP, encodeAttribute(CTA_PROTOINFO_TCP_STATE, Uint8Array.of(ESTABLISHED))),
    );
    this.#request(CT_NEW, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, from, [
      tuple(CTA.original, protocol, from, to),
      tuple(CTA.reply, protocol, answeredBy, answeredTo),
      encodeAttribute(CTA.status, Uint8Array.from(u32(STATUS))),
      encodeAttribute(CTA.timeout, Uint8Array.from(u32(SECONDS))),
      ...(protocol === TCP ? [established] : []),
    ]);
  }

  has({ protocol, from, to }: Ends): boolean {
    return this.#finds(CT_GET, NLM_F_ACK, from, [tuple(CTA.original, protocol, from, to)]);
  }

  /** False where it was gone already. */
  delete(flow: Ends): boolean {
    const { protocol, from, to } = flow;
    this.#added.delete(nameOf(flow));
    return this.#finds(CT_DELETE, NLM_F_ACK, from, [tuple(CTA.original, protocol, from, to)]);
  }

  /** Forget everything that was added, one by one: to forget all at once the kernel takes some 25 ms. */
  flush(): void {
    for (const flow of this.#added.values()) this.delete(flow);
  }

  close(): void {
    native.close(this.#socket);
    if (libc.setns(this.#before, CLONE_NEWNET) !== 0) throw new Error('the network namespace cannot be left again');
    closeSync(this.#before);
  }

  #finds(type: number, flags: number, from: End, attributes: readonly Uint8Array[]): boolean {
    try {
      this.#request(type, flags, from, attributes);
      return true;
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') return false;
      throw error;
    }
  }

  #request(type: number, flags: number, { address }: End, attributes: readonly Uint8Array[]): void {
    const family = isIPv4(toAddress(address)) ? AF_INET : AF_INET6;
    native.netlinkRequest(this.#socket, encodeMessage(type, NLM_F_REQUEST | flags, Uint8Array.of(family, 0, 0, 0), attributes));
  }
}

function nameOf({ protocol, from, to }: Ends): string {
  return `${protocol} ${from.address} ${from.port} ${to.address} ${to.port}`;
}

function tuple(type: number, protocol: number, from: End, to: End): Uint8Array {
  const ip = CTA_IP[isIPv4(toAddress(from.address)) ? 4 : 6];
  return nested(
    type,
    nested(CTA_TUPLE.ip, encodeAttribute(ip.source, wireAddress(from.address)), encodeAttribute(ip.destination, wireAddress(to.address))),
    nested(
      CTA_TUPLE.protocol,
      encodeAttribute(CTA_PROTO.number, Uint8Array.of(protocol)),
      encodeAttribute(CTA_PROTO.source, Uint8Array.from(u16(from.port))),
      encodeAttribute(CTA_PROTO.destination, Uint8Array.from(u16(to.port))),
    ),
  );
}

function nested(type: number, ...attributes: readonly Uint8Array[]): Uint8Array {
  return encodeAttribute(type | NLA_F_NESTED, concat(...attributes));
}
