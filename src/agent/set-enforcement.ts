/** Break-glass by the agent's own socket, for when nobody reaches the API server. */

import type { Compiler } from '../compiler/compiler.ts';
import type { EnforcementState, LocalEnforcement } from '../compiler/enforcement.ts';
import { formatError } from '../model/error.ts';
import type { Reconciler } from './reconciler.ts';

export interface EnforcementAnswer {
  readonly node: string;
  /** What is to be. */
  readonly on: boolean;
  readonly by: EnforcementState['by'];
  /** And is. */
  readonly inForce: boolean;
  /** ISO time. */
  readonly since: string | null;
  /** Why it may not be in force. */
  readonly failure: string | null;
}

export interface EnforcementParts {
  readonly node: string;
  readonly compiler: Compiler;
  readonly reconciler: Reconciler;
}

/** In force when it returns, unless it says otherwise. */
export function setEnforcement({ node, compiler, reconciler }: EnforcementParts, word: LocalEnforcement): EnforcementAnswer {
  compiler.enforcement.override(word);
  reconciler.flush();
  const { on, by } = compiler.enforcement.own;
  const { status, since } = reconciler.inForce.enforcement;
  const inForce = since !== undefined && status.on === on;
  const { failure } = reconciler;
  return { node, on, by, inForce, since: inForce ? status.since : null, failure: failure === undefined ? null : formatError(failure) };
}
