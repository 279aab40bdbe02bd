/** The filters at one hook of an interface, of whatever kind, in the order in which they run. */

import * as native from '../../native/index.js';

const NETLINK_ROUTE = 0;
const RTM_GETTFILTER = 46;
const NLM_F_REQUEST_DUMP = 0x301;
const HEADER = 16;
/** struct tcmsg: family, padding, ifindex, handle, parent, info. */
const TCMSG = 20;
/** Parents of the clsact qdisc's two hooks. */
const PARENT: Readonly<Record<native.Hook, number>> = { in: 0xffff_fff2, out: 0xffff_fff3 };
const TCA_KIND = 1;
const TCA_CHAIN = 11;

export interface Filter {
  readonly priority: number;
  /** `bpf`, `flower`, `u32` … */
  readonly kind: string;
  readonly handle: number;
}

/** Empty where there is no clsact qdisc. Filters of other chains, which run only when one of these leads to them, are left out. */
export function listFilters(ifindex: number, hook: native.Hook): Filter[] {
  const message = Buffer.alloc(HEADER + TCMSG);
  message.writeUInt32LE(message.length, 0);
  message.writeUInt16LE(RTM_GETTFILTER, 4);
  message.writeUInt16LE(NLM_F_REQUEST_DUMP, 6);
  message.writeInt32LE(ifindex, HEADER + 4);
  message.writeUInt32LE(PARENT[hook], HEADER + 12);
  const socket = native.netlinkOpen(NETLINK_ROUTE, []);
  try {
    return native.netlinkRequest(socket, message).flatMap(decodeFilter);
  } catch (error) {
    // No clsact qdisc: nothing of ours is there either, and that is found by itself.
    if (['EINVAL', 'ENOENT', 'EOPNOTSUPP'].includes((error as { code?: string }).code ?? '')) return [];
    throw error;
  } finally {
    native.close(socket);
  }
}

function decodeFilter(message: Buffer): Filter[] {
  if (message.length < HEADER + TCMSG) return [];
  const attributes = new Map<number, Buffer>();
  for (let at = HEADER + TCMSG; at + 4 <= message.length;) {
    const length = message.readUInt16LE(at);
    if (length < 4) break;
    attributes.set(message.readUInt16LE(at + 2) & 0x3fff, message.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  const [handle, priority] = [message.readUInt32LE(HEADER + 8), message.readUInt32LE(HEADER + 16) >>> 16];
  const kind = attributes.get(TCA_KIND)?.toString('utf8').replace(/\0.*$/, '') ?? '';
  // Each priority is told once more without a handle: its own entry, which runs nothing.
  if (handle === 0 || (attributes.get(TCA_CHAIN)?.readUInt32LE() ?? 0) !== 0) return [];
  return [{ priority, kind, handle }];
}
