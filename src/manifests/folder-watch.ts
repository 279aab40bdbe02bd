/** Watches a changing set of folders for anything that happens in them. */

import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';

interface WatchedFolder {
  readonly id: string;
  readonly watcher: FSWatcher;
}

/** One watch for each folder, not a recursive one: that does not follow links, which ConfigMap volumes are made of. */
export class FolderWatch {
  readonly #onChange: () => void;
  readonly #onFailure: (folder: string, cause: unknown) => void;
  readonly #watched = new Map<string, WatchedFolder>();
  readonly #seen = new Set<string>();

  /** `onFailure` is called from `see`, each time that a folder cannot be watched. */
  constructor(onChange: () => void, onFailure: (folder: string, cause: unknown) => void) {
    this.#onChange = onChange;
    this.#onFailure = onFailure;
  }

  /** `id` tells whether the folder at `path` is still the one that is watched. */
  see(path: string, id: string): void {
    this.#seen.add(path);
    const old = this.#watched.get(path);
    if (old?.id === id) return;
    // The new watch first: nothing that happens in between is missed.
    this.#start(path, id);
    old?.watcher.close();
  }

  /** Ends the watches of folders that were not seen since the last call. */
  forgetUnseen(): void {
    for (const path of this.#watched.keys()) {
      if (!this.#seen.has(path)) this.#stop(path);
    }
    this.#seen.clear();
  }

  close(): void {
    for (const path of this.#watched.keys()) this.#stop(path);
  }

  #start(path: string, id: string): void {
    this.#watched.delete(path);
    try {
      const watcher = watch(path, this.#onChange);
      this.#watched.set(path, { id, watcher });
      watcher.on('error', () => {
        if (this.#watched.get(path)?.watcher === watcher) this.#stop(path);
        this.#onChange();
      });
    } catch (cause) {
      const hasVanished = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
      if (!hasVanished) this.#onFailure(path, cause);
    }
  }

  #stop(path: string): void {
    this.#watched.get(path)?.watcher.close();
    this.#watched.delete(path);
  }
}
