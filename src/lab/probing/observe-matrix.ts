/** Who reaches whom: every pod probes every port of every pod or Service, and each answer stands beside what the policies say. */

import { setTimeout as sleep } from 'node:timers/promises';
import { PosternError } from '../../model/error.ts';
import type { Lab } from '../lab.ts';
import { FAMILIES, type Expectation, type Family } from '../types.ts';
import type { Matrix, ProbedBy, Reading } from './matrix.ts';
import { podQuestion, podTargets } from './pod-questions.ts';
import type { Question } from './question.ts';
import { ServiceQuestions } from './service-questions.ts';

export interface MatrixOptions {
  /** Default `pod`. `service`: cluster addresses, and node ports at the client's own node (of a host outside: the first). */
  readonly by?: ProbedBy;
  /** Numbers (`80`), numbers with protocol (`53/udp`) or port names; absent: the ports that each pod or Service has. */
  readonly ports?: readonly string[];
  /** Default: both. */
  readonly families?: readonly Family[];
  readonly expect?: Expectation;
  /** Only from these pods, and to these or to any Service. */
  readonly pods?: readonly string[];
}

/** `E_LAB_PORT` where there is nothing to probe; `E_LAB_SERVICE` where Services are asked for and nothing in the lab rewrites them. */
export async function observeMatrix(lab: Lab, options: MatrixOptions = {}): Promise<Matrix> {
  const { by = 'pod', families = FAMILIES, expect, pods: only } = options;
  const pods = lab.pods().filter((pod) => only?.includes(pod.key) ?? true);
  const targets = by === 'service' ? [] : pods.flatMap((pod) => podTargets(pod, options.ports));
  const services = by === 'pod' ? undefined : new ServiceQuestions(lab, options.ports, expect);
  const columns = services?.targets ?? [];
  if (targets.length + columns.length === 0) {
    const mend = by === 'service' ? 'apply a Service with a cluster address' : 'give the pods containerPorts, or name ports with --ports';
    throw new PosternError('E_LAB_PORT', 'there is no port to probe', { mend });
  }
  const questions = pods.flatMap((pod) => [
    ...targets.flatMap((target) => families.map((family) => podQuestion(pod.key, target, family, expect))),
    ...columns.flatMap((target) => families.flatMap((family) => services?.ask(pod, target, family) ?? [])),
  ]);
  const { readings, secondLooks } = await lookTwice(lab, questions);
  return { sources: pods.map((pod) => pod.key), targets: [...targets, ...columns], readings, secondLooks };
}

async function lookTwice(lab: Lab, questions: readonly Question[]): Promise<Pick<Matrix, 'readings' | 'secondLooks'>> {
  const first = await ask(lab, questions);
  const surprises = questions.filter((_, index) => first[index]?.different);
  if (surprises.length === 0) return { readings: first, secondLooks: 0 };
  // A busy machine can answer too late; what the kernel decides stays the same.
  await sleep(1000);
  const second = await ask(lab, surprises);
  const readings = first.map((reading, index) => {
    const place = surprises.indexOf(questions[index] as Question);
    return second[place] ?? reading;
  });
  return { readings, secondLooks: surprises.length };
}

async function ask(lab: Lab, questions: readonly Question[]): Promise<readonly Reading[]> {
  const results = await lab.probe(questions.flatMap(({ probes }) => probes));
  let next = 0;
  return questions.map(({ probes, read }) => read(results.slice(next, (next += probes.length))));
}
