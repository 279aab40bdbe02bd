/** Watches a directory's entries come and go, also one that does not exist yet. */

import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { isErrno } from './netlink-message.ts';

export interface DirectoryWatch {
  /** False where the kernel has no inotify watch to spare: nothing is called then. */
  readonly watching: boolean;
  close(): void;
}

/** Calls back on every change, possibly several times for one. Keeps the event loop alive until closed. */
export function watchDirectory(path: string, onChange: () => void): DirectoryWatch {
  let closed = false;
  let watcher = watchPath(path, onChange) ?? watchParent();

  function watchParent(): FSWatcher | undefined {
    return watchPath(dirname(path), (name) => {
      if (closed || (name !== null && name !== basename(path))) return;
      const found = watchPath(path, onChange);
      if (found === undefined) return;
      watcher?.close();
      watcher = found;
      onChange();
    });
  }

  return {
    watching: watcher !== undefined,
    close() {
      closed = true;
      watcher?.close();
    },
  };
}

/** Undefined where there is no such directory, or no watch to spare. */
function watchPath(path: string, onChange: (name: string | null) => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, (_event, name) => onChange(name));
    // Comes where the directory is deleted on some file systems; what was in it is then gone, which netlink tells too.
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOSPC', 'EMFILE')) return undefined;
    throw error;
  }
}
