/** Whatever workloads and flows: the suggested policies, as text, compiled by the agent's compiler, allow the flows, and nothing else. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditInput, Workload } from '../../../src/audit/input/audit-input.ts';
import { AuditModel, type PodClass } from '../../../src/audit/model/audit-model.ts';
import { Reach } from '../../../src/audit/model/reach.ts';
import { makeHypotheticalWorkloads } from '../../../src/audit/universe/hypothetical-workloads.ts';
import { parseAddress, type Address } from '../../../src/model/ip.ts';
import { NAMESPACE_NAME_LABEL, type Labels } from '../../../src/model/labels.ts';
import type { Pod } from '../../../src/model/objects.ts';
import { DIRECTIONS, type Direction, type Protocol } from '../../../src/model/verdict.ts';
import { portsKey, portsOf } from '../../../src/policy/ports.ts';
import { propertyParameters } from '../../support/generators/parameters.ts';
import { lineOf, suggest, withPolicies } from './flow-lines.ts';

interface Made {
  readonly namespace: string;
  readonly labels: Labels;
}

/** An end is the number of a workload, or an address outside. */
interface Told {
  readonly by: Direction;
  readonly own: number;
  readonly peer: number | string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly denied: boolean;
}

const OUTSIDE = ['203.0.113.7', '203.0.113.8', '2001:db8::7'] as const;
const NEVER_SEEN = ['203.0.113.9', '2001:db8::9', '192.0.2.1'] as const;

const made: fc.Arbitrary<Made> = fc.record({
  namespace: fc.constantFrom('shop', 'bank', 'on'),
  labels: fc.dictionary(fc.constantFrom('app', 'tier', 'y', 'pod-template-hash'), fc.constantFrom('web', 'db', 'no', '1e3'), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
});

const cluster = fc.array(made, { minLength: 2, maxLength: 6 }).chain((workloads) => {
  const one = fc.nat({ max: workloads.length - 1 });
  const told: fc.Arbitrary<Told> = fc.record({
    by: fc.constantFrom(...DIRECTIONS),
    own: one,
    peer: fc.oneof({ weight: 4, arbitrary: one }, { weight: 1, arbitrary: fc.constantFrom(...OUTSIDE) }),
    protocol: fc.constantFrom('TCP', 'UDP'),
    port: fc.constantFrom(53, 80, 81, 82, 8080),
    denied: fc.boolean(),
  });
  return fc.record({ workloads: fc.constant(workloads), told: fc.array(told, { maxLength: 14 }), includeDenied: fc.boolean() });
});

describe('suggested policies', () => {
  it('allow the flows, and nothing else, to pods of today and to those that may come', async () => {
    await fc.assert(
      fc.asyncProperty(cluster, async ({ workloads, told, includeDenied }) => {
        const input = inputOf(workloads);
        const heard = told.filter(({ own, peer }) => own !== peer);
        const { text } = await suggest(
          input,
          heard.map((flow) => lineFor(flow, workloads)),
          { includeDenied },
        );
        const compiled = await withPolicies(input, text);
        const model = new AuditModel(withPodsToCome(compiled));
        const reach = new Reach(model);
        const wanted = listWanted(heard, workloads, includeDenied);
        for (const own of model.classes) {
          for (const direction of DIRECTIONS) {
            for (const peer of model.classes) {
              if (peer === own) continue;
              const expected = expectedPorts(wanted, direction, own.workload, { pods: peer.workload });
              const said = `${direction} of ${nameOf(own)} with ${nameOf(peer)}\n${text}`;
              expect(keyOf(reach, direction, own, peer.pod.addresses[0]!), said).toBe(expected);
            }
            for (const address of [...OUTSIDE, ...NEVER_SEEN]) {
              const expected = expectedPorts(wanted, direction, own.workload, { address });
              expect(keyOf(reach, direction, own, parseAddress(address)), `${direction} of ${nameOf(own)} with ${address}\n${text}`).toBe(
                expected,
              );
            }
          }
        }
      }),
      propertyParameters('suggested policies', 150),
    );
  });
});

function keyOf(reach: Reach, direction: Direction, own: PodClass, peer: Address): string {
  return portsKey(reach.side(direction, own, peer));
}

function nameOf({ workload: { namespace, name, labels } }: PodClass): string {
  return `${namespace}/${name} ${JSON.stringify(labels)}`;
}

/** What a rule should be about, judged without any of the code that makes it. */
interface Wanted {
  readonly direction: Direction;
  readonly own: Made;
  /** `undefined`: it is about nobody, but the workload had flows. */
  readonly peer: Made | string | undefined;
  readonly protocol: Protocol;
  readonly port: number;
}

function listWanted(told: readonly Told[], workloads: readonly Made[], includeDenied: boolean): Wanted[] {
  const plain = workloads.map(({ namespace, labels }): Made => ({ namespace, labels: stable(labels) }));
  const sides = told.flatMap((flow) => {
    const { by, own, peer, protocol, port, denied } = flow;
    const common = { protocol, port, denied };
    const mine = { ...common, direction: by, own: plain[own]!, peer: typeof peer === 'number' ? plain[peer]! : peer, isOwn: true };
    if (typeof peer !== 'number') return [mine];
    const theirs = {
      ...common,
      direction: by === 'ingress' ? 'egress' : 'ingress',
      own: plain[peer]!,
      peer: plain[own]!,
      isOwn: false,
    } as const;
    return [mine, theirs];
  });
  const same = Map.groupBy(sides, ({ direction, own, peer, protocol, port }) =>
    JSON.stringify([direction, own, peer, protocol, port], sortKeys),
  );
  return [...same.values()].flatMap((group) => {
    const words = group.some(({ isOwn }) => isOwn) ? group.filter(({ isOwn }) => isOwn) : group;
    if (!words.some(({ denied }) => includeDenied || !denied)) return [];
    const { direction, own, peer, protocol, port } = words[0]!;
    return [{ direction, own, peer: typeof peer !== 'string' && isNameless(peer) ? undefined : peer, protocol, port }];
  });
}

function sortKeys(_: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
}

function stable(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => key !== 'pod-template-hash'));
}

function isNameless({ labels }: Made): boolean {
  return Object.keys(labels).length === 0;
}

function takes(one: Made, { namespace, labels }: Pick<Workload, 'namespace' | 'labels'>): boolean {
  return one.namespace === namespace && Object.entries(one.labels).every(([key, value]) => labels[key] === value);
}

function expectedPorts(
  wanted: readonly Wanted[],
  direction: Direction,
  own: Workload,
  peer: { readonly pods: Workload } | { readonly address: string },
): string {
  // A workload that had flows in one direction has a policy for the other, too.
  const about = wanted.filter((one) => !isNameless(one.own) && takes(one.own, own));
  if (about.length === 0) return '*';
  const allowed = about.filter(
    (one) =>
      one.direction === direction &&
      one.peer !== undefined &&
      ('pods' in peer ? typeof one.peer !== 'string' && takes(one.peer, peer.pods) : one.peer === peer.address),
  );
  return portsKey(portsOf(allowed.map(({ protocol, port }) => ({ protocol, first: port, last: port }))));
}

function lineFor({ by, own, peer, protocol, port, denied }: Told, workloads: readonly Made[]): string {
  const podOf = (index: number): string => `${workloads[index]!.namespace}/pod-${index}`;
  const address = typeof peer === 'number' ? `10.0.0.${peer + 1}` : peer;
  const mine = `10.0.0.${own + 1}`;
  return lineOf({
    direction: by,
    pod: podOf(own),
    peer: typeof peer === 'number' ? podOf(peer) : peer,
    ...(by === 'egress' ? { source: mine, destination: address } : { source: address, destination: mine }),
    protocol,
    port,
    ...(denied ? { verdict: 'deny', reason: 'POLICY' } : {}),
  });
}

function inputOf(workloads: readonly Made[]): AuditInput {
  const all = workloads.map(({ namespace, labels }, index): Workload => {
    const pod: Pod = {
      kind: 'Pod',
      namespace,
      name: `pod-${index}`,
      uid: `u${index}`,
      labels,
      annotations: {},
      hostNetwork: false,
      addresses: [parseAddress(`10.0.0.${index + 1}`)],
      ports: [],
      phase: 'Running',
      terminating: false,
    };
    return {
      kind: 'Deployment',
      namespace,
      name: `w${index}`,
      labels,
      annotations: {},
      ports: [],
      hostNetwork: false,
      active: true,
      pods: [pod],
      at: {},
    };
  });
  const objects = all.flatMap(({ pods }) => pods.map((object) => ({ object, at: {} })));
  return { name: 'a cluster', objects, workloads: all, routes: [], problems: [], missing: [], whole: true };
}

function withPodsToCome(input: AuditInput): AuditInput {
  const policies = [...new AuditModel(input).policies.values()].map(({ policy }) => policy);
  const namespaces = new Map(['shop', 'bank', 'on'].map((name) => [name, { [NAMESPACE_NAME_LABEL]: name }]));
  const { workloads, namespaces: more, cut } = makeHypotheticalWorkloads(policies, namespaces);
  expect(cut).toBe(false);
  const places = [...more].map(([name, labels]) => ({ object: { kind: 'Namespace', name, labels } as const, at: {} }));
  return { ...input, workloads: [...input.workloads, ...workloads], objects: [...input.objects, ...places] };
}
