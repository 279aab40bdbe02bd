/** What `GET /status` says. */

import type { Compiler } from '../compiler/compiler.ts';
import type { Datapath } from '../datapath/port.ts';
import type { CriStatus } from '../discovery/cri/sandbox-watch.ts';
import { countRepaired, type Drift } from '../model/drift.ts';
import { formatError } from '../model/error.ts';
import { REASONS } from '../model/reasons.ts';
import type { ObservedSource, SourcePart } from '../model/source.ts';
import type { Direction } from '../model/verdict.ts';
import { VERSION } from '../model/version.ts';
import type { CniInstallation, CniStatus } from '../cni/installation.ts';
import type { GateStatus, PodGate } from './cni/pod-gate.ts';
import type { DriftCheck } from './drift-check.ts';
import type { EnforcementStatus } from './enforcement-watch.ts';
import type { FlowCount } from './flow-count.ts';
import type { SandboxFollower } from './follow-sandboxes.ts';
import { findTroubles, findUnreadiness, isHealthy } from './health.ts';
import type { Interfaces } from './interfaces.ts';
import { describePolicies, type PolicyStatus } from './policy-status.ts';
import type { Reconciler } from './reconciler.ts';
import { listTables, type Table } from './tables.ts';

export interface StatusParts {
  readonly node: string;
  readonly compiler: Compiler;
  readonly datapath: Datapath;
  readonly interfaces: Interfaces;
  readonly reconciler: Reconciler;
  readonly drift: DriftCheck;
  readonly source: Pick<ObservedSource, 'healthy' | 'problems' | 'details'>;
  readonly flows: Pick<FlowCount, 'rows'>;
  readonly sandboxes: Pick<SandboxFollower, 'status'>;
  readonly interfaceName: (ifindex: number) => string | undefined;
  readonly gate?: Pick<PodGate, 'status'> | undefined;
  readonly cni?: Pick<CniInstallation, 'status' | 'problem'> | undefined;
}

/** As the socket gives it, in JSON. */
export interface AgentStatus {
  readonly node: string;
  readonly version: string;
  /** Everything that was told is in force. */
  readonly settled: boolean;
  /** All that the source holds is in force as it is written; else `troubles` say what is not. */
  readonly healthy: boolean;
  readonly troubles: readonly string[];
  /** Why the agent does not enforce; null where it does. */
  readonly unready: string | null;
  /** The error of the last flush. */
  readonly failure: string | null;
  /** Whether anything is enforced on this node: break-glass. */
  readonly enforcement: EnforcementStatus;
  readonly source: {
    readonly healthy: boolean;
    readonly problems: readonly string[];
    readonly details?: Readonly<Record<string, SourcePart>>;
  };
  /** The container runtime of this node; `null` where none is to be asked. */
  readonly cri: CriStatus | null;
  /** The CNI plugin that holds new pods until they are evaluated; `null` where the agent is not to install it. */
  readonly cni: CniStatus | null;
  /** Pods that it asked for. */
  readonly gate: GateStatus | null;
  readonly datapath: Readonly<Record<string, unknown>>;
  readonly tables: readonly Table[];
  readonly identities: number;
  readonly rulesets: number;
  readonly pairs: number;
  readonly leftOut: number;
  /** Changes in some namespace wait until its budget can be counted again. */
  readonly countsLater: boolean;
  readonly excludedNamespaces: readonly string[];
  readonly refused: readonly string[];
  readonly flushes: number;
  readonly lostEvents: number;
  readonly endpoints: readonly EndpointStatus[];
  readonly missing: readonly string[];
  readonly unenforced: Readonly<Record<string, string>>;
  readonly drift: DriftStatus;
  readonly policies: readonly PolicyStatus[];
}

export interface EndpointStatus {
  readonly pod: string;
  readonly ifindex: number;
  /** Its name on the node's side; null where it has just gone. */
  readonly interface: string | null;
  /** Policies that isolate it. */
  readonly ingress: readonly string[];
  readonly egress: readonly string[];
  /** By direction and the reasons' names, those that are 0 left out. */
  readonly packets: Readonly<Record<Direction, Readonly<Record<string, number>>>>;
}

/** The last comparison with the kernel, and the sums of all since the start. */
export interface DriftStatus {
  readonly checkedAt: string | null;
  readonly durationMs?: number;
  readonly found?: readonly Drift[];
  readonly repaired?: number;
  readonly totals: { readonly checks: number; readonly found: number; readonly repaired: number };
}

export function makeStatus(parts: StatusParts): AgentStatus {
  const { node, compiler, datapath, interfaces, reconciler, drift, source } = parts;
  const unreadiness = findUnreadiness(parts);
  return {
    node,
    version: VERSION,
    settled: reconciler.settled,
    healthy: isHealthy(parts),
    troubles: findTroubles(parts).map(formatError),
    unready: unreadiness === undefined ? null : formatError(unreadiness),
    failure: reconciler.failure === undefined ? null : formatError(reconciler.failure),
    enforcement: reconciler.inForce.enforcement.status,
    source: {
      healthy: source.healthy,
      problems: source.problems.map(formatError),
      ...(source.details === undefined ? {} : { details: source.details }),
    },
    cri: parts.sandboxes.status,
    cni: parts.cni?.status ?? null,
    gate: parts.gate?.status ?? null,
    datapath: { ...datapath.describe(), generation: datapath.generation, tookOverFlows: datapath.tookOverFlows },
    tables: listTables(parts),
    identities: compiler.identities.size,
    rulesets: compiler.rulesets.size,
    pairs: compiler.pairs,
    leftOut: compiler.leftOut,
    countsLater: compiler.waiting,
    excludedNamespaces: [...compiler.excludedNamespaces],
    refused: [...compiler.refused.keys()],
    flushes: reconciler.flushes,
    lostEvents: datapath.totals().lostEvents,
    endpoints: [...interfaces.bound].map(([pod, { binding }]) => {
      const subject = compiler.subject(pod);
      return {
        pod,
        ifindex: binding.ifindex,
        interface: parts.interfaceName(binding.ifindex) ?? null,
        ingress: subject?.policies.ingress.map((policy) => policy.key) ?? [],
        egress: subject?.policies.egress.map((policy) => policy.key) ?? [],
        packets: reasonCounts(datapath, compiler.endpoints.get(pod)?.counters ?? 0),
      };
    }),
    missing: interfaces.missing,
    unenforced: Object.fromEntries(interfaces.unenforced),
    drift: describeDriftCheck(drift),
    policies: describePolicies(compiler, reconciler.inForce),
  };
}

function describeDriftCheck({ last, totals }: DriftCheck): DriftStatus {
  if (last === undefined) return { checkedAt: null, totals };
  return { checkedAt: last.checkedAt, durationMs: last.durationMs, found: last.drifts, repaired: countRepaired(last), totals };
}

function reasonCounts(datapath: Datapath, slot: number): EndpointStatus['packets'] {
  const { packets } = datapath.counters(slot);
  const named = (counts: readonly number[]): Record<string, number> =>
    Object.fromEntries(REASONS.map((reason, index) => [reason.name, counts[index] ?? 0] as const).filter(([, count]) => count > 0));
  return { ingress: named(packets.ingress), egress: named(packets.egress) };
}
