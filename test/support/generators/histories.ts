/** Histories of a cluster: events in an order that an API server could send, with relabelling, deletion and reuse of addresses. */

import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { objectKey } from '../../../src/model/objects.ts';
import type { ClusterKind, ClusterObject, Namespace, NetworkPolicyObject, Node, Pod } from '../../../src/model/objects.ts';
import type { ClusterEvent } from '../../../src/model/source.ts';
import { namespace } from '../builders/objects.ts';
import type { World } from '../oracle/world.ts';
import { podShape, shapePod } from './pods.ts';
import type { PodShape } from './pods.ts';
import { policyShape, shapePolicy } from './policies.ts';
import type { PolicyShape } from './policies.ts';
import { labels } from './selectors.ts';
import { NAMESPACES, NODES } from './vocabulary.ts';
import { annotateNode, enforcementWord, nodes } from './worlds.ts';

/** One step, made without knowing what is there: the same step can create or change. */
type Step =
  | { readonly do: 'pod'; readonly shape: PodShape }
  /** Change labels, phase and terminating only: what a running pod can change. */
  | { readonly do: 'change-pod'; readonly shape: PodShape }
  | { readonly do: 'delete-pod'; readonly shape: PodShape }
  | { readonly do: 'policy'; readonly shape: PolicyShape }
  | { readonly do: 'delete-policy'; readonly shape: PolicyShape }
  | { readonly do: 'namespace'; readonly name: string; readonly labels: Readonly<Record<string, string>> }
  | { readonly do: 'delete-namespace'; readonly name: string }
  | { readonly do: 'enforcement'; readonly node: string; readonly word: string | undefined };

const step: Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('pod' as const), shape: podShape }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('change-pod' as const), shape: podShape }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete-pod' as const), shape: podShape }) },
  { weight: 7, arbitrary: fc.record({ do: fc.constant('policy' as const), shape: policyShape }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete-policy' as const), shape: policyShape }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('namespace' as const), name: fc.constantFrom(...NAMESPACES), labels }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete-namespace' as const), name: fc.constantFrom(...NAMESPACES) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('enforcement' as const), node: fc.constantFrom(...NODES), word: enforcementWord }) },
);

const nodeEvents: readonly ClusterEvent[] = nodes.map((object) => ({ type: 'upsert', object }));

/**
 * Events from an empty cluster on; the nodes come first. A pod that gets an address later also started later, so that
 * "the newest pod owns an address" is the same by order of events and by start time.
 */
export const history: Arbitrary<readonly ClusterEvent[]> = fc
  .array(step, { minLength: 1, maxLength: 60, size: 'max' })
  .map((steps) => [...nodeEvents, ...tellEvents(steps)]);

function tellEvents(steps: readonly Step[]): readonly ClusterEvent[] {
  const pods = new Map<string, { readonly shape: PodShape; readonly age: number }>();
  const policies = new Map<string, number>();
  const events: ClusterEvent[] = [];
  const upsert = (object: ClusterObject): unknown => events.push({ type: 'upsert', object });
  const remove = (kind: ClusterKind, key: string): unknown => events.push({ type: 'delete', kind, key });
  for (const [index, each] of steps.entries()) {
    const age = index + 1;
    switch (each.do) {
      case 'pod':
      case 'change-pod': {
        const key = `${each.shape.namespace}/${each.shape.name}`;
        const before = pods.get(key);
        if (before === undefined && each.do === 'change-pod') break;
        // The same name again is another pod: the API server tells the end of the first before.
        if (before !== undefined && each.do === 'pod') remove('Pod', key);
        const now =
          each.do === 'pod' || before === undefined
            ? { shape: each.shape, age }
            : { shape: changePod(before.shape, each.shape), age: before.age };
        pods.set(key, now);
        upsert(shapePod(now.shape, now.age));
        break;
      }
      case 'delete-pod': {
        const key = `${each.shape.namespace}/${each.shape.name}`;
        if (pods.delete(key)) remove('Pod', key);
        break;
      }
      case 'policy': {
        const key = `${each.shape.namespace}/${each.shape.name}`;
        policies.set(key, policies.get(key) ?? age);
        upsert(shapePolicy(each.shape, policies.get(key) ?? age));
        break;
      }
      case 'delete-policy': {
        const key = `${each.shape.namespace}/${each.shape.name}`;
        if (policies.delete(key)) remove('NetworkPolicy', key);
        break;
      }
      case 'namespace':
        upsert(namespace(each.name, each.labels));
        break;
      case 'delete-namespace':
        remove('Namespace', each.name);
        break;
      case 'enforcement':
        upsert(annotateNode(each.node, each.word));
        break;
    }
  }
  return events;
}

/** Ended pods stay ended, terminating ones terminating. */
function changePod(before: PodShape, wanted: PodShape): PodShape {
  const ended = before.phase === 'Succeeded' || before.phase === 'Failed';
  return {
    ...before,
    labels: wanted.labels,
    phase: ended ? before.phase : wanted.phase,
    terminating: before.terminating || wanted.terminating,
  };
}

/** The cluster after the events. Pods stand in the order in which they were first told. */
export function replay(events: readonly ClusterEvent[]): World {
  const objects = new Map<string, ClusterObject>();
  for (const event of events) {
    if (event.type === 'delete') objects.delete(`${event.kind} ${event.key}`);
    else objects.set(`${event.object.kind} ${objectKey(event.object)}`, event.object);
  }
  const all = [...objects.values()];
  return {
    pods: all.filter((object): object is Pod => object.kind === 'Pod'),
    namespaces: all.filter((object): object is Namespace => object.kind === 'Namespace'),
    nodes: all.filter((object): object is Node => object.kind === 'Node'),
    policies: all.filter((object): object is NetworkPolicyObject => object.kind === 'NetworkPolicy'),
  };
}

/**
 * The same events in another order that comes to the same end: events of one object keep their order, and so do pods that ever
 * share an address. `seed` decides; equal seeds give equal orders.
 */
export function interleave(events: readonly ClusterEvent[], seed: readonly number[]): readonly ClusterEvent[] {
  const queues = [...Map.groupBy(events, groupOf(events)).values()].map((queue) => [...queue]);
  const result: ClusterEvent[] = [];
  for (let index = 0; queues.length > 0; index += 1) {
    const at = (seed[index % Math.max(seed.length, 1)] ?? 0) % queues.length;
    const queue = queues[at] as ClusterEvent[];
    result.push(queue.shift() as ClusterEvent);
    if (queue.length === 0) queues.splice(at, 1);
  }
  return result;
}

export const interleaveSeed: Arbitrary<readonly number[]> = fc.array(fc.nat(30), { minLength: 1, maxLength: 40 });

/** Pods that are joined by a shared address, directly or by others, are one group; any other object is its own. */
function groupOf(events: readonly ClusterEvent[]): (event: ClusterEvent) => string {
  const leader = new Map<string, string>();
  const find = (name: string): string => {
    const next = leader.get(name) ?? name;
    return next === name ? name : find(next);
  };
  for (const event of events) {
    if (event.type !== 'upsert' || event.object.kind !== 'Pod') continue;
    const pod = `Pod ${objectKey(event.object)}`;
    for (const address of event.object.addresses) leader.set(find(pod), find(`address ${address}`));
  }
  return (event) => find(event.type === 'upsert' ? `${event.object.kind} ${objectKey(event.object)}` : `${event.kind} ${event.key}`);
}
