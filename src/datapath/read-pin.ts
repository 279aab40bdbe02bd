/** What a name on a bpf file system stands for. */

import { readlinkSync } from 'node:fs';
import * as native from '../../native/index.js';

/** `other`: a folder, or whatever else the kernel does not open. The caller closes the descriptor. */
export type Pinned =
  | { readonly kind: 'map' | 'program' | 'link'; readonly fd: native.Fd }
  | { readonly kind: 'none' | 'other'; readonly fd?: undefined };

export function openPin(path: string): Pinned {
  let fd: native.Fd;
  try {
    fd = native.openPinned(path);
  } catch (error) {
    return { kind: (error as { code?: string }).code === 'ENOENT' ? 'none' : 'other' };
  }
  const kind = kindOf(fd);
  if (kind !== undefined) return { kind, fd };
  native.close(fd);
  return { kind: 'other' };
}

/** The kernel gives the bytes that describe one kind to whoever asks for another: only the name of the descriptor tells them apart. */
function kindOf(fd: native.Fd): 'map' | 'program' | 'link' | undefined {
  const [, kind] = /bpf[-_](map|prog|link)$/.exec(readlinkSync(`/proc/self/fd/${fd}`)) ?? [];
  return kind === 'prog' ? 'program' : (kind as 'map' | 'link' | undefined);
}
