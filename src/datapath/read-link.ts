/** What a pin holds, where it should hold a link. */

import * as native from '../../native/index.js';
import { HOOKS, type LinkPlace } from './link-names.ts';
import { openPin } from './read-pin.ts';

/** enum bpf_link_type */
const TCX = 11;
const NETFILTER = 10;
/** enum bpf_attach_type: BPF_TCX_INGRESS. */
const TCX_INGRESS = 46;

/** `none`: there is no pin. `no link`: it pins something else, or is no pin at all. */
export function readLink(path: string): native.LinkInfo | 'none' | 'no link' {
  const { kind, fd } = openPin(path);
  if (fd === undefined) return kind === 'none' ? 'none' : 'no link';
  try {
    return kind === 'link' ? native.linkInfo(fd) : 'no link';
  } finally {
    native.close(fd);
  }
}

/** Where a link stands, whatever its pin is called; `undefined` for other kinds of link. A severed one stands at interface 0. */
export function standsAt(link: native.LinkInfo): Exclude<LinkPlace, { kind: 'filters' }> | undefined {
  if (link.type === TCX) return { kind: 'hook', ifindex: link.ifindex ?? 0, hook: link.attachType === TCX_INGRESS ? 'in' : 'out' };
  if (link.type === NETFILTER) return { kind: 'forwarding', family: link.family ?? 0, priority: link.priority ?? 0 };
  return undefined;
}

/** By the name of its program: of this build or another. */
export function isPosterns(link: native.LinkInfo): boolean {
  const place = standsAt(link);
  if (place === undefined) return false;
  const expected = place.kind === 'hook' ? HOOKS.find(({ hook }) => hook === place.hook)?.program : 'after_nat';
  return programNamed(link.programId) === expected;
}

/** `undefined`: it is gone. */
export function programNamed(id: number): string | undefined {
  try {
    const program = native.programById(id);
    const { name } = native.programInfo(program);
    native.close(program);
    return name;
  } catch {
    return undefined;
  }
}
