/** What a pin holds, where it should hold a link. */

import * as native from '../../native/index.js';

/** `none`: there is no pin. `no link`: it pins something else, or is no pin at all. */
export function readLink(path: string): native.LinkInfo | 'none' | 'no link' {
  let pinned: native.Fd;
  try {
    pinned = native.openPinned(path);
  } catch (error) {
    return (error as { code?: string }).code === 'ENOENT' ? 'none' : 'no link';
  }
  try {
    return native.linkInfo(pinned);
  } catch {
    return 'no link';
  } finally {
    native.close(pinned);
  }
}
