/** Pods' interfaces that came or went since the last look: the compiler, the datapath and the log hear of them; and programs for those that came. */

import type { Logger } from 'pino';
import type { Compiler } from '../compiler/compiler.ts';
import type { Datapath } from '../datapath/port.ts';
import type { AttachQueue } from './attach-queue.ts';
import { isInterfaceGone } from './interface-gone.ts';
import type { Interfaces } from './interfaces.ts';
import { listOwnPods } from './own-pods.ts';

export interface InterfaceParts {
  readonly compiler: Compiler;
  readonly datapath: Datapath;
  readonly interfaces: Interfaces;
  /** Where programs are to come. */
  readonly toAttach: AttachQueue;
  readonly log: Logger;
}

/** `firstStart`: nothing has been in force yet. */
export function bindInterfaces({ compiler, datapath, interfaces, toAttach, log }: InterfaceParts, firstStart: boolean): void {
  const { bound, unbound } = interfaces.refresh(listOwnPods(compiler));
  const taken = new Set(bound.map(({ binding }) => binding.ifindex));
  for (const { pod, ifindex } of unbound) {
    toAttach.delete(ifindex);
    // Another pod's from now on: its programs are replaced, not taken away.
    if (!taken.has(ifindex)) datapath.detach(ifindex);
    compiler.unbind(pod);
    log.info({ pod, ifindex }, 'endpoint gone');
  }
  for (const { pod, binding, gateways, contested } of bound) {
    // At the first start, and where an earlier agent had not come yet, a pod's flows are nobody's record.
    const past = datapath.earlierAt(binding.ifindex) ?? { ranOpen: firstStart, takeOverUntil: 0n };
    compiler.bind(pod, binding, gateways, past.ranOpen, past.takeOverUntil);
    toAttach.add(binding.ifindex);
    log.info({ pod, ifindex: binding.ifindex, netns: binding.netns }, 'endpoint found');
    if (contested) log.warn({ pod, ifindex: binding.ifindex }, 'more than one network namespace carries the address of this pod');
  }
}

/** False where the interface went between being found and now: the next look notices. */
export function attachPrograms({ datapath, interfaces, log }: InterfaceParts, ifindex: number): boolean {
  try {
    datapath.attach(ifindex);
    return true;
  } catch (error) {
    if (interfaces.podAt(ifindex) !== undefined && !isInterfaceGone(error)) throw error;
    log.debug({ ifindex }, 'interface went before its programs were attached');
    return false;
  }
}
