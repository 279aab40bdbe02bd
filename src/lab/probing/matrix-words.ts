/** What a matrix shows in sentences: where it is not as the policies say, and who of a Service's backends may be reached. */

import { groupBy } from './group-by.ts';
import { isServiceReading, type Answers, type Matrix, type PodReading, type ServiceExpectation, type ServiceReading } from './matrix.ts';

/** One line for each difference. */
export function describeDifferences(matrix: Matrix): readonly string[] {
  return matrix.readings
    .filter((reading) => reading.different)
    .map((reading) => (isServiceReading(reading) ? serviceDifference(reading) : podDifference(reading)));
}

/** One line for each client and Service of which some backends are allowed and others are not, as expected and as observed. */
export function describeShares(matrix: Matrix): readonly string[] {
  const mixed = matrix.readings.filter(isServiceReading).filter(({ expected }) => expected?.verdict === 'some');
  const groups = groupBy(mixed, ({ probe, expected }) => `${placeText(probe)} ${expected?.backends.map(backendKey).join(' ')}`);
  return [...groups.values()].map((readings) => {
    const [first] = readings as [ServiceReading];
    const { backends = [] } = first.expected ?? {};
    const allowed = backends.filter((backend) => backend.allowed);
    const denied = backends.filter((backend) => !backend.allowed);
    const versions = readings.length > 1 ? '' : ` IPv${first.probe.family}`;
    const answers = addUp(readings.map((reading) => reading.answers));
    const answered = allowed.map(({ name }) => `${name} answered ${answers.by[name] ?? 0} times`);
    const silence = `${denied.map(({ name }) => name).join(', ')} never (${answers.silent} silent)`;
    const told = `of ${answers.tries} tries ${[...answered, silence].join(', ')}`;
    return `${placeText(first.probe)}${versions}: ${allowed.length} of ${backends.length} backends allowed; ${told}`;
  });
}

function podDifference({ probe, expected, result }: PodReading): string {
  const by = result.answeredBy === undefined ? '' : ` (answered by ${result.answeredBy})`;
  const wish = expected === true ? 'allowed' : 'denied';
  return `${probe.from} → ${probe.to} ${probe.port}/${probe.protocol} IPv${probe.family}: expected ${wish}, observed ${result.outcome}${by}`;
}

function serviceDifference({ probe, expected, answers }: ServiceReading): string {
  const wish = expected === undefined ? 'nothing' : expectationText(expected);
  return `${placeText(probe)} IPv${probe.family}: expected ${wish}, observed ${answersText(answers)}`;
}

function expectationText({ verdict, backends }: ServiceExpectation): string {
  const names = (allowed: boolean): string =>
    backends
      .filter((backend) => backend.allowed === allowed)
      .map(({ name }) => name)
      .join(', ');
  switch (verdict) {
    case 'allow':
      return `answers by ${names(true)}`;
    case 'some':
      return `answers by ${names(true)}, and silence for ${names(false)}`;
    case 'deny':
      return backends.length === 0 ? 'silence: no endpoint on the node' : `silence: ${names(false)} is denied`;
    case 'refuse':
      return 'a refusal: no endpoint';
  }
}

function answersText({ tries, by, silent, refused, odd }: Answers): string {
  const parts = [
    ...Object.entries(by).map(([name, times]) => `${times} by ${name}`),
    ...(silent > 0 ? [`${silent} silent`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...odd,
  ];
  return `of ${tries}: ${parts.join(', ')}`;
}

function placeText({ from, to, protocol }: ServiceReading['probe']): string {
  return `${from} → Service ${to.service} ${to.port}/${protocol}${to.via === 'nodePort' ? ' by node port' : ''}`;
}

function backendKey({ name, allowed }: ServiceExpectation['backends'][number]): string {
  return `${name}=${allowed}`;
}

function addUp(all: readonly Answers[]): Answers {
  const by: Record<string, number> = {};
  for (const answers of all) for (const [name, times] of Object.entries(answers.by)) by[name] = (by[name] ?? 0) + times;
  const sum = (number: (answers: Answers) => number): number => all.reduce((total, answers) => total + number(answers), 0);
  return {
    tries: sum(({ tries }) => tries),
    by,
    silent: sum(({ silent }) => silent),
    refused: sum(({ refused }) => refused),
    odd: [...new Set(all.flatMap(({ odd }) => odd))],
  };
}
