/** What a matrix of who reaches whom holds: for each client and each pod or Service what the policies say and what was observed. */

import type { Protocol } from '../../model/verdict.ts';
import type { Family, ProbeRequest, ProbeResult, ServiceProbe, ServiceTarget } from '../types.ts';

/** By which addresses pods are probed: their own, or those of the Services that they stand behind. */
export type ProbedBy = 'pod' | 'service' | 'both';
export const PROBED_BY: readonly ProbedBy[] = ['pod', 'service', 'both'];

export interface PodTarget {
  /** `namespace/name` */
  readonly to: string;
  readonly protocol: Protocol;
  readonly port: number;
}

export interface ServiceColumn {
  readonly to: ServiceTarget;
  readonly protocol: Protocol;
  /** The port that is asked: the Service's, or its node port at the client's own node. */
  readonly port: number;
}

export type MatrixTarget = PodTarget | ServiceColumn;

export interface PodReading {
  readonly probe: ProbeRequest & { readonly family: Family };
  /** Absent where nobody could say. */
  readonly expected?: boolean;
  readonly result: ProbeResult;
  /** Observed is not what was expected. A denied probe must time out, an allowed one must be answered by the right pod. */
  readonly different: boolean;
}

/** A pod that the proxy may choose. */
export interface JudgedBackend {
  /** `namespace/name`; the address where no pod of the lab has it. */
  readonly name: string;
  readonly address: string;
  /** The backend's own: the one that policies mean. */
  readonly port: number;
  /** False where nobody of the lab is there to answer. */
  readonly present: boolean;
  /** By policy, for this client. */
  readonly allowed: boolean;
}

/**
 * `allow`: every backend that may be chosen is allowed; `deny`: none is, or the Service's traffic policy leaves none; `some`: the tries that the proxy
 * sends to allowed ones are answered, the others are silence; `refuse`: there is no endpoint, and the proxy says so.
 */
export interface ServiceExpectation {
  readonly verdict: 'allow' | 'some' | 'deny' | 'refuse';
  readonly backends: readonly JudgedBackend[];
  /** A client stays with one backend, so all its tries may fare alike. */
  readonly sticky: boolean;
}

/** What came of the tries that one client made at one Service. */
export interface Answers {
  readonly tries: number;
  /** How often each pod answered, by `namespace/name`. */
  readonly by: Readonly<Record<string, number>>;
  readonly silent: number;
  readonly refused: number;
  /** Other outcomes, each once. */
  readonly odd: readonly string[];
}

export interface ServiceReading {
  readonly probe: ServiceProbe & { readonly family: Family };
  readonly expected?: ServiceExpectation;
  readonly answers: Answers;
  readonly different: boolean;
}

export type Reading = PodReading | ServiceReading;

export interface Matrix {
  readonly sources: readonly string[];
  /** Pods before Services. */
  readonly targets: readonly MatrixTarget[];
  readonly readings: readonly Reading[];
  /** Probes that surprised at first and were made again after a second. */
  readonly secondLooks: number;
}

export function isServiceTarget(target: MatrixTarget): target is ServiceColumn {
  return typeof target.to === 'object';
}

export function isServiceReading(reading: Reading): reading is ServiceReading {
  return 'answers' in reading;
}
