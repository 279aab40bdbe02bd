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

/** By the name of its program: of this build or another. Without the capability to ask for it, whatever can stand where ours do is taken for ours: the folder is root's and ours alone. */
export function isPosterns(link: native.LinkInfo): boolean {
  const place = standsAt(link);
  if (place === undefined) return false;
  const expected = place.kind === 'hook' ? HOOKS.find(({ hook }) => hook === place.hook)?.program : 'after_nat';
  const name = askName(link.programId);
  return name === 'not told' || name?.text === expected;
}

/** `undefined`: it is gone, or the kernel does not tell (BPF_PROG_GET_FD_BY_ID takes CAP_SYS_ADMIN). */
export function programNamed(id: number): string | undefined {
  const name = askName(id);
  return typeof name === 'object' ? name.text : undefined;
}

function askName(id: number): { readonly text: string } | 'not told' | undefined {
  try {
    const program = native.programById(id);
    const { name } = native.programInfo(program);
    native.close(program);
    return { text: name };
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM' ? 'not told' : undefined;
  }
}
