/** What a matrix asks of pods by their own addresses, and how it reads the answers. */

import type { Expectation, Family, LabPod, LabPort, ProbeRequest, ProbeResult } from '../types.ts';
import type { PodReading, PodTarget } from './matrix.ts';
import type { Question } from './question.ts';
import { matchesPort, readPortWish } from './port-wish.ts';

/** `wanted`: ports as users name them; absent: those that the pod serves. */
export function podTargets(pod: LabPod, wanted: readonly string[] | undefined): readonly PodTarget[] {
  const ports = wanted === undefined ? pod.ports : wanted.flatMap((text) => portsNamed(text, pod));
  return ports
    .filter((port) => port.protocol !== 'SCTP' || wanted !== undefined)
    .map(({ protocol, port }) => ({ to: pod.key, protocol, port }));
}

export function podQuestion(from: string, target: PodTarget, family: Family, expect: Expectation | undefined): Question {
  const probe = { from, ...target, family };
  return {
    probes: [probe],
    read: (results): PodReading => {
      const result = results[0] as ProbeResult;
      if (expect === undefined) return { probe, result, different: false };
      const expected = expect(probe);
      return { probe, result, expected, different: isDifferent(probe, result, expected) };
    },
  };
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

/** A number is probed at every pod, whether it serves it or not. */
function portsNamed(text: string, pod: LabPod): readonly LabPort[] {
  const wish = readPortWish(text);
  return wish.kind === 'name' ? pod.ports.filter((port) => matchesPort(wish, port)) : [{ protocol: wish.protocol, port: wish.port }];
}
