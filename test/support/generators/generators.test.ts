/** The generators reach what they are for: every verdict, every kind of oddity, and orders that come to the same end. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOracle, ownerOf } from '../oracle/judge.ts';
import { readPolicy } from '../oracle/read-policy.ts';
import { collectPoints, flowSeed, resolveFlow } from './flows.ts';
import { history, interleave, interleaveSeed, replay } from './histories.ts';
import { propertyParameters } from './parameters.ts';
import { world } from './worlds.ts';

/** Fixed, since shares are checked. */
const SEED = 42;

describe('generators', () => {
  it('make flows of every verdict on both sides, each in a fair share', () => {
    const seen: Record<string, number> = {};
    const flows = fc.array(flowSeed, { minLength: 50, maxLength: 50 });
    for (const [cluster, seeds] of fc.sample(fc.tuple(world, flows), { numRuns: 400, seed: SEED })) {
      const judge = createOracle(cluster);
      const points = collectPoints(cluster);
      for (const seed of seeds) {
        const { egress, ingress, allowed } = judge(resolveFlow(points, seed));
        for (const word of [`egress ${egress}`, `ingress ${ingress}`, allowed ? 'allowed' : 'denied']) seen[word] = (seen[word] ?? 0) + 1;
      }
    }
    const shares = Object.fromEntries(Object.entries(seen).map(([word, count]) => [word, count / (400 * 50)]));
    for (const direction of ['egress', 'ingress']) {
      expect(shares[`${direction} deny`]).toBeGreaterThan(0.08);
      expect(shares[`${direction} allow`]).toBeGreaterThan(0.08);
      expect(shares[`${direction} not-isolated`]).toBeGreaterThan(0.3);
    }
    expect(shares['denied']).toBeGreaterThan(0.2);
  });

  it('make policies that cannot be read, and policies with peers that match nothing', () => {
    const policies = fc.sample(world, { numRuns: 400, seed: SEED }).flatMap((cluster) => cluster.policies.map(readPolicy));
    const share = (count: number): number => count / policies.length;
    const invalid = share(policies.filter((policy) => !policy.valid).length);
    expect(invalid).toBeGreaterThan(0.05);
    expect(invalid).toBeLessThan(0.3);
    expect(share(policies.filter((policy) => policy.valid && policy.problems.length > 0).length)).toBeGreaterThan(0.03);
    expect(share(policies.filter((policy) => policy.podSelector === undefined).length)).toBeGreaterThan(0.005);
  });

  it('reorder histories without changing their end, nor who owns an address', () => {
    fc.assert(
      fc.property(history, interleaveSeed, (events, seed) => {
        const straight = replay(events);
        const mixed = replay(interleave(events, seed));
        expect(byUid(mixed.pods)).toEqual(byUid(straight.pods));
        expect(byUid(mixed.policies)).toEqual(byUid(straight.policies));
        expect(new Set(mixed.namespaces)).toEqual(new Set(straight.namespaces));
        const addresses = straight.pods.flatMap((pod) => pod.addresses);
        expect(addresses.map((address) => ownerOf(mixed, address))).toEqual(addresses.map((address) => ownerOf(straight, address)));
      }),
      propertyParameters('interleaved histories', 200),
    );
  });
});

function byUid<T extends { readonly uid: string }>(objects: readonly T[]): readonly T[] {
  return objects.toSorted((a, b) => (a.uid < b.uid ? -1 : 1));
}
