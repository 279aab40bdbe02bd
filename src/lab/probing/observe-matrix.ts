/** Who reaches whom: every pod probes every port, and each answer stands beside what the policies say. */

import { setTimeout as sleep } from 'node:timers/promises';
import { PosternError } from '../../model/error.ts';
import type { Protocol } from '../../model/verdict.ts';
import type { Lab } from '../lab.ts';
import { FAMILIES, type Expectation, type Family, type LabPod, type LabPort, type ProbeRequest, type ProbeResult } from '../types.ts';

export interface MatrixTarget {
  /** `namespace/name` */
  readonly to: string;
  readonly protocol: Protocol;
  readonly port: number;
}

export interface Reading {
  readonly probe: ProbeRequest & { readonly family: Family };
  /** Absent where nobody could say. */
  readonly expected?: boolean;
  readonly result: ProbeResult;
  /** Observed is not what was expected. A denied probe must time out, an allowed one must be answered by the right pod. */
  readonly different: boolean;
}

export interface Matrix {
  readonly sources: readonly string[];
  readonly targets: readonly MatrixTarget[];
  readonly readings: readonly Reading[];
  /** Probes that surprised at first and were made again after a second. */
  readonly secondLooks: number;
}

export interface MatrixOptions {
  /** Numbers (`80`), numbers with protocol (`53/udp`) or port names; absent: the ports that each pod serves. */
  readonly ports?: readonly string[];
  /** Default: both. */
  readonly families?: readonly Family[];
  readonly expect?: Expectation;
  /** Only from and to these pods. */
  readonly pods?: readonly string[];
}

export async function observeMatrix(lab: Lab, options: MatrixOptions = {}): Promise<Matrix> {
  const { families = FAMILIES, expect, pods: only } = options;
  const pods = lab.pods().filter((pod) => only?.includes(pod.key) ?? true);
  const targets = pods.flatMap((pod) => targetsOf(pod, options.ports));
  if (targets.length === 0) {
    throw new PosternError('E_LAB_PORT', 'there is no port to probe', { mend: 'give the pods containerPorts, or name ports with --ports' });
  }
  const probes = pods.flatMap((pod) => targets.flatMap((target) => families.map((family) => ({ from: pod.key, ...target, family }))));
  const first = judge(probes, await lab.probe(probes), expect);
  const surprises = first.filter((reading) => reading.different);
  if (surprises.length === 0) return { sources: pods.map((pod) => pod.key), targets, readings: first, secondLooks: 0 };
  // A busy machine can answer too late; what the kernel decides stays the same.
  await sleep(1000);
  const again = surprises.map((reading) => reading.probe);
  const second = new Map(judge(again, await lab.probe(again), expect).map((reading, index) => [surprises[index], reading]));
  const readings = first.map((reading) => second.get(reading) ?? reading);
  return { sources: pods.map((pod) => pod.key), targets, readings, secondLooks: surprises.length };
}

/** Packets came through: something answered, if only to say that nobody listens. */
export function isReached(result: ProbeResult): boolean {
  return result.outcome === 'open' || result.outcome === 'refused';
}

function judge(probes: readonly Reading['probe'][], results: readonly ProbeResult[], expect: Expectation | undefined): readonly Reading[] {
  return probes.map((probe, index): Reading => {
    const result = results[index] as ProbeResult;
    if (expect === undefined) return { probe, result, different: false };
    const expected = expect(probe);
    return { probe, result, expected, different: isDifferent(probe, result, expected) };
  });
}

function isDifferent(probe: ProbeRequest, result: ProbeResult, expected: boolean): boolean {
  switch (result.outcome) {
    case 'open':
      return !expected || result.answeredBy !== probe.to;
    case 'refused':
      return !expected;
    case 'timeout':
      return expected;
    case 'unsupported':
      return false;
    default:
      return true;
  }
}

function targetsOf(pod: LabPod, wanted: readonly string[] | undefined): readonly MatrixTarget[] {
  const ports = wanted === undefined ? pod.ports : wanted.flatMap((text) => readPort(text, pod));
  return ports
    .filter((port) => port.protocol !== 'SCTP' || wanted !== undefined)
    .map(({ protocol, port }) => ({ to: pod.key, protocol, port }));
}

function readPort(text: string, pod: LabPod): readonly LabPort[] {
  const number = /^(\d+)(?:\/(tcp|udp|sctp))?$/i.exec(text);
  if (number === null) return pod.ports.filter((port) => port.name === text);
  const port = Number(number[1]);
  if (port >= 1 && port <= 65535) return [{ protocol: (number[2] ?? 'tcp').toUpperCase() as Protocol, port }];
  throw new PosternError('E_LAB_PORT', `"${text}" is not a port`, { mend: 'write 80, 53/udp or the name of a container port' });
}
