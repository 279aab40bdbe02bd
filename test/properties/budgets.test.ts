/** Whatever the cluster and the limits, the policies that do not fit are those that a naive count refuses, and every flow is judged as if they had no rules. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Budget } from '../../src/compiler/admission.ts';
import { Compiler } from '../../src/compiler/compiler.ts';
import { explainFlow } from '../../src/compiler/explain.ts';
import type { ClusterObject } from '../../src/model/objects.ts';
import { collectPoints, describeFlow, flowSeed, resolveFlow } from '../support/generators/flows.ts';
import { propertyParameters } from '../support/generators/parameters.ts';
import { world } from '../support/generators/worlds.ts';
import { refusedByBudget, type OracleLimits } from '../support/oracle/budgets.ts';
import { createOracle } from '../support/oracle/judge.ts';
import type { World } from '../support/oracle/world.ts';

const few = fc.oneof({ weight: 3, arbitrary: fc.constant(Infinity) }, { weight: 2, arbitrary: fc.integer({ min: 0, max: 12 }) });
const limits = fc.record({
  policies: few,
  podPrefixes: few,
  podPortRows: few,
  lists: few,
  identities: few,
  pairs: few,
  prefixes: few,
  portRows: few,
});
const NO_LIMITS = { lists: Infinity, identities: Infinity, pairs: Infinity, prefixes: Infinity, portRows: Infinity };

function budgetOf({ policies, podPrefixes, podPortRows, ...namespace }: OracleLimits): Budget {
  return { pod: { policies, prefixes: podPrefixes, portRows: podPortRows }, namespace, node: NO_LIMITS };
}

function objectsOf(cluster: World): readonly ClusterObject[] {
  return [...cluster.namespaces, ...cluster.nodes, ...cluster.pods, ...cluster.policies];
}

function compile(objects: readonly ClusterObject[], budget: Budget, node?: string): Compiler {
  const compiler = new Compiler({ budget, ...(node === undefined ? {} : { node }) });
  compiler.apply(objects.map((object) => ({ type: 'upsert', object })));
  compiler.flush({ ms: 0, monotonic: 0n });
  return compiler;
}

function refusedAt(cluster: World, node: string, own: OracleLimits): Set<string> {
  const namespaces = new Set(cluster.policies.map((policy) => policy.namespace));
  return new Set([...namespaces].flatMap((namespace) => [...refusedByBudget(cluster, namespace, node, own)]));
}

describe('budgets', () => {
  it('refuse what a naive count refuses, on each node and in a compile of the whole cluster', () => {
    let refusals = 0;
    fc.assert(
      fc.property(world, limits, (cluster, own) => {
        const objects = objectsOf(cluster);
        const whole = compile(objects, budgetOf(own));
        for (const { name } of cluster.nodes) {
          const expected = [...refusedAt(cluster, name, own)].toSorted();
          expect([...compile(objects, budgetOf(own), name).refused.keys()].toSorted(), name).toEqual(expected);
          expect([...whole.refusedAt(name).keys()].toSorted(), `${name} in the whole`).toEqual(expected);
          refusals += expected.length;
        }
      }),
      propertyParameters('budgets', 600),
    );
    expect(refusals).toBeGreaterThan(0);
  });

  it('leave every other policy as it is, and of those that they refuse the isolation alone', () => {
    fc.assert(
      fc.property(world, limits, fc.array(flowSeed, { minLength: 10, maxLength: 20 }), (cluster, own, seeds) => {
        const points = collectPoints(cluster);
        for (const { name } of cluster.nodes) {
          const compiler = compile(objectsOf(cluster), budgetOf(own), name);
          const judge = createOracle(cluster, refusedAt(cluster, name, own));
          for (const seed of seeds) {
            const flow = { ...resolveFlow(points, seed), sourceIsLocalNode: false };
            const expected = judge(flow);
            const explained = explainFlow(compiler, { ...flow, port: flow.port ?? 0 });
            for (const side of ['egress', 'ingress'] as const) {
              const exempt = expected.because.some((reason) => reason.direction === side && reason.policy === undefined);
              if (exempt || explained[side].pod === undefined || compiler.subject(explained[side].pod) === undefined) continue;
              expect(explained[side].verdict, `${side} of ${describeFlow(flow)} at ${name}`).toBe(expected[side]);
            }
          }
        }
      }),
      propertyParameters('refused policies', 300),
    );
  });
});
