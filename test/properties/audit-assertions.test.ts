/** Whatever the cluster, what is asserted of pairs is what the naive oracle says, and where nobody else may come, no pod that comes later can. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Assertion, AssertedEnd, QuantifiedEnd } from '../../src/audit/assertions/assertion.ts';
import { runAssertions } from '../../src/audit/assertions/run-assertions.ts';
import type { AssertionResult } from '../../src/audit/assertions/test-report.ts';
import { AuditModel } from '../../src/audit/model/audit-model.ts';
import { isIPv4, type Address } from '../../src/model/ip.ts';
import type { Pod } from '../../src/model/objects.ts';
import type { Protocol } from '../../src/model/verdict.ts';
import { inputOf, isPlain } from '../audit/support/world-input.ts';
import { propertyParameters } from '../support/generators/parameters.ts';
import { world } from '../support/generators/worlds.ts';
import { createOracle } from '../support/oracle/judge.ts';
import type { World } from '../support/oracle/world.ts';

const PORTS: readonly (readonly [Protocol, number])[] = [
  ['TCP', 80],
  ['UDP', 53],
  ['TCP', 8080],
  ['SCTP', 80],
];

describe('assertions', () => {
  it('of pairs of pods hold where the oracle says so', () => {
    fc.assert(
      fc.property(world, (cluster) => {
        const plain = { ...cluster, pods: cluster.pods.filter((pod) => isPlain(pod, cluster)) };
        const judge = createOracle(plain);
        const pairs = plain.pods.flatMap((source) =>
          plain.pods.filter((other) => other !== source).map((destination) => ({ source, destination })),
        );
        const cases = pairs.flatMap((pair) => PORTS.map(([protocol, port]) => ({ ...pair, protocol, port })));
        const assertions = cases.flatMap(({ source, destination, protocol, port }) =>
          (['allow', 'deny'] as const).map((kind): Assertion => {
            const [from, to] = [each(source), each(destination)];
            return { kind, name: '', at: {}, from, to, ports: [{ protocol, first: port, last: port }] };
          }),
        );
        const results = judgeAll(plain, assertions);
        for (const [index, { source, destination, protocol, port }] of cases.entries()) {
          const allowed = flowsOf(source, destination).some((flow) => judge({ ...flow, protocol, port, sourceIsLocalNode: false }).allowed);
          const [allow, deny] = [results[2 * index], results[2 * index + 1]];
          const said = `${idOf(source)} to ${idOf(destination)} on ${port}/${protocol}`;
          expect([allow?.outcome, deny?.outcome], said).toEqual(allowed ? ['holds', 'fails'] : ['fails', 'holds']);
        }
      }),
      propertyParameters('audit assertions of pairs', 150),
    );
  });

  it('that nobody else may hold for pods that nobody told of', () => {
    let held = 0;
    fc.assert(
      fc.property(world, fc.nat(), (cluster, chosen) => {
        const pods = cluster.pods.filter((pod) => isPlain(pod, cluster));
        const late = pods[chosen % Math.max(1, pods.length)];
        if (late === undefined) return;
        const judge = createOracle({ ...cluster, pods });
        const there = pods.filter((pod) => pod !== late);
        const cases = there.flatMap((own) =>
          PORTS.flatMap(([protocol, port]) => (['onlyFrom', 'onlyTo'] as const).map((kind) => ({ own, protocol, port, kind }))),
        );
        // Whoever is there is excepted by name: it is about who comes.
        const peers = there.map(named);
        const assertions = cases.map(({ own, protocol, port, kind }): Assertion => {
          return { kind, name: '', at: {}, own: named(own), peers, ports: [{ protocol, first: port, last: port }] };
        });
        const results = judgeAll({ ...cluster, pods: there }, assertions);
        for (const [index, { own, protocol, port, kind }] of cases.entries()) {
          if (results[index]?.outcome !== 'holds' || there.some((pod) => isLike(pod, late))) continue;
          held += 1;
          const [source, destination] = kind === 'onlyFrom' ? [late, own] : [own, late];
          const flows = flowsOf(source, destination).map((flow) => ({ ...flow, protocol, port, sourceIsLocalNode: false }));
          expect(
            flows.some((flow) => judge(flow).allowed),
            `${kind}: ${idOf(source)} to ${idOf(destination)} on ${port}/${protocol}`,
          ).toBe(false);
        }
      }),
      propertyParameters('audit assertions of nobody else', 400),
    );
    expect(held).toBeGreaterThan(0);
  });
});

/** Taken for one that is excepted, where a rule asks for a label that both have. */
function isLike(pod: Pod, late: Pod): boolean {
  return pod.namespace === late.namespace && Object.entries(late.labels).some(([key, value]) => pod.labels[key] === value);
}

function judgeAll(cluster: World, assertions: readonly Assertion[]): readonly AssertionResult[] {
  return runAssertions(new AuditModel(inputOf(cluster)), assertions).results;
}

function named(pod: Pod): AssertedEnd {
  return { kind: 'named', text: `${pod.namespace}/Pod/${pod.name}` };
}

function each(pod: Pod): QuantifiedEnd {
  return { quantifier: 'each', end: named(pod) };
}

function idOf({ namespace, name }: Pod): string {
  return `${namespace}/${name}`;
}

/** Over the families that both have. */
function flowsOf(from: Pod, to: Pod): { source: Address; destination: Address }[] {
  return [true, false].flatMap((v4) => {
    const [source, destination] = [from, to].map(({ addresses }) => addresses.find((address) => isIPv4(address) === v4));
    return source === undefined || destination === undefined ? [] : [{ source, destination }];
  });
}
