/** Whatever the cluster, the compiled maps and the naive oracle give the same verdict. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileReachability } from '../../src/compiler/reachability.ts';
import { describeFlow, collectPoints, flowSeed, resolveFlow } from '../support/generators/flows.ts';
import { propertyParameters } from '../support/generators/parameters.ts';
import { NODES } from '../support/generators/vocabulary.ts';
import { annotateNode, enforcementWord, excludedNamespaces, world } from '../support/generators/worlds.ts';
import { createOracle } from '../support/oracle/judge.ts';

/** Nodes as `world` has them, but for what is written into their annotation. */
const annotatedNodes = fc.tuple(...NODES.map((name) => enforcementWord.map((word) => annotateNode(name, word))));

describe('compiled from scratch', () => {
  it('every flow of every cluster is judged as the oracle judges it, and explained accordingly', () => {
    fc.assert(
      fc.property(world, fc.array(flowSeed, { minLength: 20, maxLength: 40 }), (cluster, seeds) => {
        const judge = createOracle(cluster);
        const explain = compileReachability([...cluster.namespaces, ...cluster.nodes, ...cluster.pods, ...cluster.policies]);
        const points = collectPoints(cluster);
        for (const seed of seeds) {
          const flow = { ...resolveFlow(points, seed), sourceIsLocalNode: false };
          const expected = judge(flow);
          const explained = explain({ ...flow, port: flow.port ?? 0 });
          for (const side of ['egress', 'ingress'] as const) {
            // The own node and the pod itself are the kernel's exemptions, not policy.
            if (expected.because.some((reason) => reason.direction === side && reason.policy === undefined)) continue;
            expect(explained[side].verdict, `${side} of ${describeFlow(flow)}`).toBe(expected[side]);
            if (expected[side] === 'not-isolated') continue;
            expect(
              explained[side].rules.some((rule) => rule.allows),
              `rules for ${side} of ${describeFlow(flow)}`,
            ).toBe(expected[side] === 'allow');
          }
        }
      }),
      propertyParameters('compiled verdicts', 1500),
    );
  });

  it('who is not judged, at a node where enforcement is off or in an excluded namespace, is still a peer as the oracle has it', () => {
    fc.assert(
      fc.property(
        world,
        annotatedNodes,
        excludedNamespaces,
        fc.array(flowSeed, { minLength: 20, maxLength: 40 }),
        (plain, nodes, excluded, seeds) => {
          const cluster = { ...plain, nodes, excludedNamespaces: excluded };
          const judge = createOracle(cluster);
          const objects = [...cluster.namespaces, ...cluster.nodes, ...cluster.pods, ...cluster.policies];
          const explain = compileReachability(objects, { excludedNamespaces: excluded });
          const points = collectPoints(cluster);
          for (const seed of seeds) {
            const flow = { ...resolveFlow(points, seed), sourceIsLocalNode: false };
            const expected = judge(flow);
            const explained = explain({ ...flow, port: flow.port ?? 0 });
            for (const side of ['egress', 'ingress'] as const) {
              if (expected.because.some((reason) => reason.direction === side && reason.policy === undefined)) continue;
              expect(explained[side].verdict, `${side} of ${describeFlow(flow)}`).toBe(expected[side]);
            }
          }
        },
      ),
      propertyParameters('break-glass verdicts', 800),
    );
  });
});
