/** The container runtime's word about this node's pods, told as it changes. Loaded only where there is to be a runtime. */

import type { Logger } from 'pino';
import type { Compiler } from '../compiler/compiler.ts';
import type { CriStatus } from '../discovery/cri/sandbox-watch.ts';
import type { LinkChange } from '../discovery/watch-links.ts';
import type { Pod } from '../model/objects.ts';
import type { ClusterEvent } from '../model/source.ts';
import type { Reconciler } from './reconciler.ts';

export interface SandboxFollower {
  readonly status: CriStatus | null;
  /** A sandbox may have come or gone. */
  linkChanged(change: LinkChange): void;
  /** A pod may wait for its sandbox. */
  heard(events: readonly ClusterEvent[]): void;
  close(): void;
}

export interface FollowOptions {
  readonly node: string;
  /** Paths, the first that exists is used; none: no runtime is asked. */
  readonly sockets: readonly string[];
  readonly compiler: Compiler;
  readonly listener: Pick<Reconciler, 'sandboxesChanged'>;
  readonly log: Logger;
}

const NOBODY: SandboxFollower = {
  status: null,
  linkChanged: () => undefined,
  heard: () => undefined,
  close: () => undefined,
};

export async function followSandboxes({ node, sockets, compiler, listener, log }: FollowOptions): Promise<SandboxFollower> {
  if (sockets.length === 0) return NOBODY;
  const { SandboxWatch } = await import('../discovery/cri/sandbox-watch.ts');
  const awaits = (pod: Pod | undefined): boolean => pod !== undefined && pod.nodeName === node && awaitsAddresses(pod);
  const watch = new SandboxWatch({
    sockets,
    expecting: () => [...compiler.subjects.all()].some(([key]) => awaits(compiler.cluster.pods.get(key))),
    onSandboxes: (sandboxes) => listener.sandboxesChanged(sandboxes),
    log,
  });
  return {
    get status() {
      return watch.status;
    },
    linkChanged({ change }) {
      // Addresses inside pods change whenever a pod likes.
      if (change === 'link' || change === 'link-gone' || change === 'overrun') watch.look();
    },
    heard(events) {
      if (events.some((event) => event.type === 'upsert' && event.object.kind === 'Pod' && awaits(event.object))) watch.look();
    },
    close: () => watch.close(),
  };
}

/** Its sandbox is about to come. */
function awaitsAddresses(pod: Pod): boolean {
  const running = pod.phase === 'Pending' || pod.phase === 'Running';
  return pod.addresses.length === 0 && !pod.hostNetwork && !pod.terminating && running;
}
