/** The names under links/: which program stands where is said by the name of its pin. */

import { join } from 'node:path';
import type * as native from '../../native/index.js';

/** The pod's egress is TC ingress of its host-side interface. */
export const HOOKS = [
  { hook: 'in', program: 'from_pod' },
  { hook: 'out', program: 'to_pod' },
] as const satisfies readonly { hook: native.Hook; program: string }[];

/** What a name says. `filters`: an empty folder, for cls_bpf filters, which cannot be pinned. `forwarding`: after_nat. */
export type LinkPlace =
  | { readonly kind: 'hook'; readonly ifindex: number; readonly hook: native.Hook }
  | { readonly kind: 'filters'; readonly ifindex: number }
  | { readonly kind: 'forwarding'; readonly family: number; readonly priority: number };

export function linksFolder(bpfRoot: string): string {
  return join(bpfRoot, 'links');
}

export function linkPath(bpfRoot: string, place: LinkPlace): string {
  return join(linksFolder(bpfRoot), nameOf(place));
}

export function hookPath(bpfRoot: string, ifindex: number, hook: native.Hook): string {
  return linkPath(bpfRoot, { kind: 'hook', ifindex, hook });
}

function nameOf(place: LinkPlace): string {
  switch (place.kind) {
    case 'hook':
      return `${place.ifindex}_${place.hook}`;
    case 'filters':
      return `${place.ifindex}_tc`;
    case 'forwarding':
      return `after_nat_${place.family}_${place.priority}`;
  }
}

/** `undefined`: a name that says nothing. */
export function placeOf(name: string): LinkPlace | undefined {
  const [, index, kind] = /^([1-9]\d*)_(in|out|tc)$/.exec(name) ?? [];
  if (index !== undefined) {
    const ifindex = Number(index);
    return kind === 'tc' ? { kind: 'filters', ifindex } : { kind: 'hook', ifindex, hook: kind === 'in' ? 'in' : 'out' };
  }
  const [, family, priority] = /^after_nat_(\d+)_(\d+)$/.exec(name) ?? [];
  return family === undefined ? undefined : { kind: 'forwarding', family: Number(family), priority: Number(priority) };
}
