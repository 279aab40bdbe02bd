/** Ctrl-C while a lab is made: an orderly end, with everything cleared away. */

import { PosternError } from '../model/error.ts';

/** Aborts at SIGINT, SIGTERM or SIGHUP. From then on the process ignores them: clearing away takes about a second. */
export function abortOnInterrupt(): AbortSignal {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort(new PosternError('E_LAB_INTERRUPTED', 'interrupted; nothing of the lab is left'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  return controller.signal;
}
