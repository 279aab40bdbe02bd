/** However events come, the maps mean what a compile from scratch means, and no reader ever sees a verdict that no state had. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROTOCOL_NUMBER } from '../../src/model/verdict.ts';
import type { Address } from '../../src/model/ip.ts';
import type { Pod } from '../../src/model/objects.ts';
import type { Direction } from '../../src/model/verdict.ts';
import { collectPoints, describeFlow, flowSeed, resolveFlow, type FlowSeed } from '../support/generators/flows.ts';
import { history, replay } from '../support/generators/histories.ts';
import { excludedNamespaces } from '../support/generators/worlds.ts';
import { propertyParameters } from '../support/generators/parameters.ts';
import { createOracle, ownerOf } from '../support/oracle/judge.ts';
import type { Flow, World } from '../support/oracle/world.ts';
import { Endpoints } from './endpoints.ts';

const SIDES: readonly Direction[] = ['egress', 'ingress'];

interface Question {
  readonly side: Direction;
  readonly flow: Flow;
  readonly pod: Pod;
}

/** Both sides of every flow whose side is a pod, but for what no policy decides: a pod with itself, and with a node. */
function questionsOf(world: World, seeds: readonly FlowSeed[]): Question[] {
  const points = collectPoints(world);
  const isNode = (address: Address): boolean => world.nodes.some((node) => node.addresses.includes(address));
  return seeds.flatMap((seed) => {
    const flow = { ...resolveFlow(points, seed), sourceIsLocalNode: false };
    const [source, destination] = [ownerOf(world, flow.source), ownerOf(world, flow.destination)];
    if (source === destination || isNode(flow.source) || isNode(flow.destination)) return [];
    return SIDES.flatMap((side) => {
      const pod = side === 'egress' ? source : destination;
      return pod === undefined ? [] : [{ side, flow, pod }];
    });
  });
}

/** The address is the same pod's in both. */
function isSamePod(before: World, { side, flow, pod }: Question): boolean {
  return ownerOf(before, side === 'egress' ? flow.source : flow.destination)?.uid === pod.uid;
}

function expected(world: World, { side, flow }: Question): boolean {
  const judgement = createOracle(world)(flow);
  return judgement[side] !== 'deny';
}

function observed(endpoints: Endpoints, { side, flow, pod }: Question): boolean | undefined {
  const ifindex = endpoints.ifindexOf.get(`${pod.namespace}/${pod.name}`);
  if (ifindex === undefined || endpoints.datapath.configOf(ifindex) === undefined) return undefined;
  const protocol = typeof flow.protocol === 'number' ? flow.protocol : PROTOCOL_NUMBER[flow.protocol];
  const peer = side === 'egress' ? flow.destination : flow.source;
  return endpoints.datapath.judge(ifindex, side, peer, protocol, flow.port ?? 0) !== 'deny';
}

function chunk<Item>(items: readonly Item[], sizes: readonly number[]): Item[][] {
  const chunks: Item[][] = [];
  for (let start = 0, turn = 0; start < items.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(items.slice(start, start + size));
    start += size;
  }
  return chunks;
}

const chunkSizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 });
const flowSeeds = fc.array(flowSeed, { minLength: 10, maxLength: 20 });

describe('event by event', () => {
  it('the maps mean what the oracle says of the cluster as it is, after every flush and after every sweep', () => {
    fc.assert(
      fc.property(
        history,
        chunkSizes,
        flowSeeds,
        fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
        excludedNamespaces,
        (events, sizes, seeds, sweeps, excluded) => {
          const endpoints = new Endpoints({ excludedNamespaces: excluded });
          const told: (typeof events)[number][] = [];
          for (const [turn, part] of chunk(events, sizes).entries()) {
            told.push(...part);
            endpoints.tell(part);
            if (sweeps[turn % sweeps.length] === true) endpoints.sweep();
            const world: World = { ...replay(told), excludedNamespaces: excluded };
            for (const question of questionsOf(world, seeds)) {
              expect(observed(endpoints, question), `${question.side} of ${describeFlow(question.flow)}`).toBe(expected(world, question));
            }
          }
        },
      ),
      propertyParameters('histories', 1000),
    );
  });

  it('a reader between any two operations sees the old verdict, the new one, or the old rules over the new peers', () => {
    fc.assert(
      fc.property(history, chunkSizes, flowSeeds, (events, sizes, seeds) => {
        const endpoints = new Endpoints();
        const told: (typeof events)[number][] = [];
        for (const part of chunk(events, sizes)) {
          const before = replay(told);
          told.push(...part);
          const after = replay(told);
          const questions = questionsOf(after, seeds).filter((question) => isSamePod(before, question));
          const possible = questions.map((question) => {
            const own = before.pods.find((old) => old.uid === question.pod.uid) as Pod;
            const pods = after.pods.map((pod) => (pod.uid === own.uid ? own : pod));
            const mixed: World = { ...after, policies: before.policies, nodes: before.nodes, pods };
            return [before, after, mixed].map((world) => expected(world, question));
          });
          endpoints.tell(part, (operation) => {
            questions.forEach((question, index) => {
              const seen = observed(endpoints, question);
              if (seen === undefined) return;
              expect(possible[index], `${question.side} of ${describeFlow(question.flow)} after ${operation.op}`).toContain(seen);
            });
          });
        }
      }),
      propertyParameters('plans', 800),
    );
  });

  it('a pod that may do less than before gets a new generation, unless the peer is gone', () => {
    fc.assert(
      fc.property(history, chunkSizes, flowSeeds, (events, sizes, seeds) => {
        const endpoints = new Endpoints();
        const told: (typeof events)[number][] = [];
        for (const part of chunk(events, sizes)) {
          const before = replay(told);
          const words = new Map([...endpoints.ifindexOf.values()].map((ifindex) => [ifindex, endpoints.datapath.words.get(ifindex)]));
          told.push(...part);
          endpoints.tell(part);
          const after = replay(told);
          for (const question of questionsOf(after, seeds)) {
            const ifindex = endpoints.ifindexOf.get(`${question.pod.namespace}/${question.pod.name}`) ?? 0;
            const was = words.get(ifindex);
            const peer = question.side === 'egress' ? question.flow.destination : question.flow.source;
            const gone = ownerOf(after, peer) === undefined && ownerOf(before, peer) !== undefined;
            if (was === undefined || gone || !isSamePod(before, question) || !expected(before, question) || expected(after, question))
              continue;
            expect(endpoints.datapath.words.get(ifindex)?.generation, `${question.side} of ${describeFlow(question.flow)}`).toBeGreaterThan(
              was.generation,
            );
          }
        }
      }),
      propertyParameters('generations', 1000),
    );
  });

  it('when everything is gone, so are the rows', () => {
    fc.assert(
      fc.property(history, chunkSizes, (events, sizes) => {
        const endpoints = new Endpoints();
        for (const part of chunk(events, sizes)) endpoints.tell(part);
        const world = replay(events);
        endpoints.tell([
          ...world.policies.map(({ namespace, name }) => ({
            type: 'delete' as const,
            kind: 'NetworkPolicy' as const,
            key: `${namespace}/${name}`,
          })),
          ...world.pods.map(({ namespace, name }) => ({ type: 'delete' as const, kind: 'Pod' as const, key: `${namespace}/${name}` })),
        ]);
        endpoints.sweep();
        // Lists that nobody uses are kept for a while, and their edges with them.
        endpoints.compiler.identities.compact();
        endpoints.tell([]);
        endpoints.sweep();
        expect(endpoints.datapath.pairs.size).toBe(0);
        expect(endpoints.datapath.ports.size).toBe(0);
        expect(endpoints.datapath.configs.size).toBe(0);
        expect(endpoints.datapath.words.size).toBe(0);
        expect([...endpoints.datapath.addresses.values()].filter((row) => row.identity !== 0 && !row.ownNode)).toEqual([]);
      }),
      propertyParameters('leftovers', 500),
    );
  });
});
