/** Whether an agent does what it is for: healthy (all that it was told is in force), ready (it enforces), alive (it is not stuck). */

import type { Compiler } from '../compiler/compiler.ts';
import { PosternError } from '../model/error.ts';
import type { ObservedSource } from '../model/source.ts';
import type { Reconciler } from './reconciler.ts';

export interface HealthParts {
  readonly compiler: Pick<Compiler, 'leftOut' | 'policies'>;
  readonly reconciler: Pick<Reconciler, 'enforcing' | 'failure' | 'overdueMs'>;
  readonly source: Pick<ObservedSource, 'healthy' | 'problems'>;
  /** Why the CNI plugin is not installed where it should be. */
  readonly cni?: { readonly problem: PosternError | undefined } | undefined;
}

/** A flush may wait behind one long one, never so long: whoever waits for it is lost. */
const STUCK_MS = 60_000;

/** Why not all that the source holds is in force as it is written; none where all is. */
export function findTroubles({ compiler, reconciler, source, cni }: HealthParts): readonly PosternError[] {
  const troubles: PosternError[] = [];
  if (!reconciler.enforcing) troubles.push(notEnforcing());
  if (reconciler.failure !== undefined) troubles.push(reconciler.failure);
  // Some of what a source complains of takes nothing out of force.
  if (!source.healthy) troubles.push(...source.problems);
  if (!source.healthy && source.problems.length === 0 && reconciler.enforcing) {
    troubles.push(new PosternError('E_SOURCE', 'the source cannot be read as a whole now', { mend: 'it is tried again; see the log' }));
  }
  if (cni?.problem !== undefined) troubles.push(cni.problem);
  for (const policy of unselectiveIn(compiler)) troubles.push(selectsNobody(policy));
  if (compiler.leftOut > 0) {
    troubles.push(
      new PosternError(
        'E_NO_ROOM',
        `${compiler.leftOut} rows or lists of pods found no room in the kernel's tables: what they allow is closed`,
        {
          mend: 'fewer or broader policies; they are written as soon as there is room',
        },
      ),
    );
  }
  return troubles;
}

export function isHealthy(parts: HealthParts): boolean {
  return parts.source.healthy && findTroubles(parts).length === 0;
}

/**
 * Why it does not enforce; undefined where it does. A source that falls silent later is no reason: what was enforced stays in force, and no other agent
 * could do better.
 */
export function findUnreadiness({ compiler, reconciler }: Pick<HealthParts, 'compiler' | 'reconciler'>): PosternError | undefined {
  if (reconciler.failure !== undefined) return reconciler.failure;
  if (!reconciler.enforcing) return notEnforcing();
  const [unselective] = unselectiveIn(compiler);
  return unselective === undefined ? undefined : selectsNobody(unselective);
}

/** What only a new process can mend; undefined for an agent that is alive. One whose event loop stands still gives no answer at all. */
export function findStandstill({ reconciler }: Pick<HealthParts, 'reconciler'>): PosternError | undefined {
  const seconds = Math.round(reconciler.overdueMs / 1000);
  if (reconciler.overdueMs <= STUCK_MS) return undefined;
  return new PosternError('E_STUCK', `a flush has been due for ${seconds} s and has not begun`, { mend: 'restart the agent' });
}

function notEnforcing(): PosternError {
  return new PosternError('E_NOT_SYNCED', 'the source has not told everything yet: nothing is enforced by this agent so far', {
    mend: 'wait; where it lasts, see what the source complains of',
  });
}

/** Policies that do not say whom they select, so that nobody is isolated who should be. */
function unselectiveIn({ policies }: HealthParts['compiler']): string[] {
  return [...policies.values()].filter(({ subject }) => subject === undefined).map(({ key }) => key);
}

function selectsNobody(policy: string): PosternError {
  return new PosternError('E_POLICY_SELECTION', 'it cannot be read whom the policy selects, so it selects nobody', {
    at: { object: `NetworkPolicy ${policy}` },
    mend: 'mend its spec.podSelector',
  });
}
