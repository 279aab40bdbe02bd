/** Whatever the cluster, the naive oracle, the in-memory maps and the program in the kernel give every opening packet the same verdict. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Direction } from '../../src/model/verdict.ts';
import { collectPoints, describeFlow, flowSeed, resolveFlow, type FlowSeed } from '../support/generators/flows.ts';
import { propertyParameters } from '../support/generators/parameters.ts';
import { NODES } from '../support/generators/vocabulary.ts';
import { world } from '../support/generators/worlds.ts';
import { KernelHarness } from '../support/kernel-harness.ts';
import { createOracle, ownerOf } from '../support/oracle/judge.ts';
import type { World } from '../support/oracle/world.ts';
import { needsKernel } from '../support/requires.ts';
import { isGroup, KernelWorld, protocolNumber } from './kernel-world.ts';

const IGMP = 2;
/** Clusters, and flows in each; one flow is a packet at either of its ends that is a pod of the node. */
const CLUSTERS = 1000;
const FLOWS = 500;
/** What a plain `npm test` compares at least. */
const LEAST_PACKETS = 100_000;

describe('opening packets', needsKernel, () => {
  let kernel: KernelHarness;
  beforeAll(() => {
    kernel = new KernelHarness();
  });
  afterAll(() => kernel.close());

  it('are judged alike by oracle, maps and program', () => {
    const compared = { pass: 0, drop: 0, clusters: 0 };
    const flows = fc.array(fc.tuple(flowSeed, fc.boolean()), { minLength: 1, maxLength: FLOWS, size: 'max' });
    const parameters = propertyParameters<[World, [FlowSeed, boolean][], string]>('packets', CLUSTERS);
    fc.assert(
      fc.property(world, flows, fc.constantFrom(...NODES), (cluster, seeds, node) => {
        const oracle = createOracle(cluster);
        const points = collectPoints(cluster);
        const judged = new KernelWorld(kernel, cluster, node);
        compared.clusters += 1;
        for (const [seed, winding] of seeds) {
          const flow = resolveFlow(points, seed);
          if (protocolNumber(flow) === IGMP && isGroup(flow.destination)) continue;
          const hairpin = ownerOf(cluster, flow.source) === ownerOf(cluster, flow.destination);
          for (const side of ['egress', 'ingress'] satisfies Direction[]) {
            const pod = ownerOf(cluster, side === 'egress' ? flow.source : flow.destination);
            const ifindex = pod === undefined ? undefined : judged.ifindexOf(pod);
            if (ifindex === undefined) continue;
            const expected = oracle(flow);
            const passes = expected[side] !== 'deny';
            const told = (who: string): string =>
              `${who}: ${side} of ${describeFlow(flow)} at ${pod?.namespace}/${pod?.name} on ${node}${winding ? ', winding' : ''}`;
            expect(judged.send(ifindex, side, flow, winding, hairpin), told('program')).toBe(passes);
            compared[passes ? 'pass' : 'drop'] += 1;
            // The own node and the pod itself are exempt in the program, not in the maps.
            const exempt = expected.because.some((reason) => reason.direction === side && reason.policy === undefined);
            if (!exempt) expect(judged.ask(ifindex, side, flow) !== 'deny', told('maps')).toBe(passes);
          }
        }
      }),
      parameters,
    );
    const packets = compared.pass + compared.drop;
    process.stderr.write(
      `packets: ${packets} compared in ${compared.clusters} clusters, ${compared.pass} passed and ${compared.drop} dropped\n`,
    );
    if ((parameters.numRuns ?? 0) >= CLUSTERS) expect(packets).toBeGreaterThanOrEqual(LEAST_PACKETS);
  }, 600_000);
});
