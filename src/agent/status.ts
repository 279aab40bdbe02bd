/** What `GET /status` says. */

import type { Compiler } from '../compiler/compiler.ts';
import type { Datapath } from '../datapath/port.ts';
import { countRepaired } from '../model/drift.ts';
import { formatError } from '../model/error.ts';
import { REASONS } from '../model/reasons.ts';
import type { ObservedSource } from '../model/source.ts';
import type { DriftCheck } from './drift-check.ts';
import type { Interfaces } from './interfaces.ts';
import type { Reconciler } from './reconciler.ts';
import { problemsOf } from './reports.ts';

export interface StatusParts {
  readonly node: string;
  readonly compiler: Compiler;
  readonly datapath: Datapath;
  readonly interfaces: Interfaces;
  readonly reconciler: Reconciler;
  readonly drift: DriftCheck;
  readonly source: Pick<ObservedSource, 'healthy' | 'problems' | 'details'>;
}

/** False while not all that the source holds is in force: a part of it cannot be read, a policy does not say whom it selects, rows find no room, or a flush fails. */
export function isHealthy({ compiler, reconciler, source }: Pick<StatusParts, 'compiler' | 'reconciler' | 'source'>): boolean {
  return (
    source.healthy &&
    reconciler.failure === undefined &&
    compiler.leftOut === 0 &&
    compiler.policies.values().every(({ subject }) => subject !== undefined)
  );
}

export function makeStatus({ node, compiler, datapath, interfaces, reconciler, drift, source }: StatusParts): unknown {
  return {
    node,
    settled: reconciler.settled,
    healthy: isHealthy({ compiler, reconciler, source }),
    failure: reconciler.failure === undefined ? null : formatError(reconciler.failure),
    source: {
      healthy: source.healthy,
      problems: source.problems.map(formatError),
      ...(source.details === undefined ? {} : { details: source.details }),
    },
    datapath: { ...datapath.describe(), generation: datapath.generation, tookOverFlows: datapath.tookOverFlows },
    identities: compiler.identities.size,
    rulesets: compiler.rulesets.size,
    pairs: compiler.pairs,
    leftOut: compiler.leftOut,
    /** Changes in some namespace wait until its budget can be counted again. */
    countsLater: compiler.waiting,
    refused: [...compiler.refused.keys()],
    flushes: reconciler.flushes,
    endpoints: [...interfaces.bound].map(([pod, { binding }]) => {
      const subject = compiler.subject(pod);
      return {
        pod,
        ifindex: binding.ifindex,
        ingress: subject?.policies.ingress.map((policy) => policy.key) ?? [],
        egress: subject?.policies.egress.map((policy) => policy.key) ?? [],
        packets: reasonCounts(datapath, compiler.endpoints.get(pod)?.counters ?? 0),
      };
    }),
    missing: interfaces.missing,
    unenforced: Object.fromEntries(interfaces.unenforced),
    drift: describeDriftCheck(drift),
    policies: [...compiler.policies.values()].map((policy) => ({
      policy: policy.key,
      valid: policy.valid,
      problems: problemsOf(policy, compiler.refused),
    })),
  };
}

/** The last comparison with the kernel, and the sums of all since the start. */
function describeDriftCheck({ last, totals }: DriftCheck): unknown {
  if (last === undefined) return { checkedAt: null, totals };
  return { checkedAt: last.checkedAt, durationMs: last.durationMs, found: last.drifts, repaired: countRepaired(last), totals };
}

/** Counts by direction and the reasons' names, those that are 0 left out. */
function reasonCounts(datapath: Datapath, slot: number): Readonly<Record<'ingress' | 'egress', Readonly<Record<string, number>>>> {
  const { packets } = datapath.counters(slot);
  const named = (counts: readonly number[]): Record<string, number> =>
    Object.fromEntries(REASONS.map((reason, index) => [reason.name, counts[index] ?? 0] as const).filter(([, count]) => count > 0));
  return { ingress: named(packets.ingress), egress: named(packets.egress) };
}
