/** The 230 perturbed cases, in the manner of Cyclonus: each changes one thing of a base policy and asks the whole matrix. */

import type { ConformanceCase } from '../../case.ts';
import { ACTION_CASES, EXAMPLE_CASES, NAMESPACE_LABEL_CASES } from './changes.ts';
import { CONFLICT_CASES } from './conflicts.ts';
import { PEER_CASES } from './peers.ts';
import { PORT_CASES } from './ports.ts';
import { RULE_CASES, TARGET_CASES } from './target.ts';
import { WHOLE_MATRIX_UPSTREAM_CASES } from './upstream.ts';

/** By what they change; the counts are those of Cyclonus. */
export const PERTURBED_GROUPS = {
  target: TARGET_CASES,
  rules: RULE_CASES,
  peers: PEER_CASES,
  ports: PORT_CASES,
  actions: ACTION_CASES,
  conflicts: CONFLICT_CASES,
  namespaceLabel: NAMESPACE_LABEL_CASES,
  upstream: WHOLE_MATRIX_UPSTREAM_CASES,
  example: EXAMPLE_CASES,
} as const satisfies Readonly<Record<string, readonly ConformanceCase[]>>;

export const PERTURBED_CASES: readonly ConformanceCase[] = Object.values(PERTURBED_GROUPS).flat();
