/** Whatever policies are there: applying the skeletons isolates whoever was not, allows them to resolve names, and changes nothing else. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditInput, Workload } from '../../../src/audit/input/audit-input.ts';
import { AuditModel, type PodClass } from '../../../src/audit/model/audit-model.ts';
import { Reach } from '../../../src/audit/model/reach.ts';
import { suggestSkeletons } from '../../../src/audit/suggest/suggest-skeletons.ts';
import { writeSuggestion } from '../../../src/audit/suggest/write-suggestion.ts';
import { makeHypotheticalWorkloads } from '../../../src/audit/universe/hypothetical-workloads.ts';
import { parseAddress } from '../../../src/model/ip.ts';
import { DIRECTIONS } from '../../../src/model/verdict.ts';
import { NO_PORTS, portsKey, portsOf } from '../../../src/policy/ports.ts';
import { propertyParameters } from '../../support/generators/parameters.ts';
import { world } from '../../support/generators/worlds.ts';
import type { World } from '../../support/oracle/world.ts';
import { withPolicies } from './flow-lines.ts';

const DNS = portsKey(
  portsOf([
    { protocol: 'UDP', first: 53, last: 53 },
    { protocol: 'TCP', first: 53, last: 53 },
  ]),
);
const OUTSIDE = ['203.0.113.7', '2001:db8::7'].map(parseAddress);
const NAME_SERVER = bare('kube-system', 'dns', { 'k8s-app': 'kube-dns' });

describe('skeletons', () => {
  it('change nothing but isolation, and weaken nothing', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (cluster) => {
        const input = inputOf(cluster);
        const own = new Set(input.workloads.filter(({ hostNetwork }) => !hostNetwork));
        const inhabited = new Set([...own].map(({ namespace }) => namespace));
        inhabited.delete('kube-system');
        const text = writeSuggestion('skeletons', suggestSkeletons(new AuditModel(input)));
        const after = await withPolicies(input, text);
        const podsToCome = imagine(after);
        const [was, is] = [input, after].map((one) => open(one, podsToCome)) as [Opened, Opened];
        for (const [index, now] of is.model.classes.entries()) {
          const before = was.model.classes[index]!;
          expect(now.key).toBe(before.key);
          if (now.pod.hostNetwork) continue;
          for (const direction of DIRECTIONS) {
            const wasIsolated = was.model.isolating(before, direction).length > 0;
            const isIsolated = wasIsolated || inhabited.has(now.workload.namespace);
            expect(is.model.isolating(now, direction).length > 0, `${direction} of ${now.key}\n${text}`).toBe(isIsolated);
            const peers = is.model.classes.flatMap((peer) => peer.pod.addresses.map((address) => ({ peer, address })));
            for (const { peer, address } of [...peers, ...OUTSIDE.map((address) => ({ peer: undefined, address }))]) {
              if (peer === now) continue;
              const [old, ports] = [was.reach.side(direction, before, address), is.reach.side(direction, now, address)].map(portsKey);
              const said = `${direction} of ${now.key} with ${peer?.key ?? address}\n${text}`;
              const isDns = direction === 'egress' && peer !== undefined && isNameServer(peer);
              if (wasIsolated || !isIsolated) expect(ports, said).toBe(old);
              else if (!isDns) expect(ports, said).toBe(portsKey(NO_PORTS));
              else if (own.has(now.workload)) expect(ports, said).toBe(DNS);
              else expect([DNS, portsKey(NO_PORTS)], said).toContain(ports);
            }
          }
        }
      }),
      propertyParameters('skeletons', 40),
    );
  });
});

interface Opened {
  readonly model: AuditModel;
  readonly reach: Reach;
}

function open(input: AuditInput, podsToCome: readonly Workload[]): Opened {
  const model = new AuditModel({ ...input, workloads: [...input.workloads, NAME_SERVER, ...podsToCome] });
  return { model, reach: new Reach(model) };
}

function imagine(input: AuditInput): readonly Workload[] {
  const model = new AuditModel(input);
  const namespaces = new Map([...model.namespaceNames].map((name) => [name, model.namespaceLabels(name)]));
  // Some are enough: each is asked about all of the others.
  const { workloads } = makeHypotheticalWorkloads(
    [...model.policies.values()].map(({ policy }) => policy),
    namespaces,
  );
  return workloads.slice(0, 60);
}

function isNameServer({ workload }: PodClass): boolean {
  return workload.namespace === 'kube-system' && workload.labels['k8s-app'] === 'kube-dns';
}

function bare(namespace: string, name: string, labels: Workload['labels'], hostNetwork = false): Workload {
  return { kind: 'Pod', namespace, name, labels, annotations: {}, ports: [], hostNetwork, active: true, pods: [], at: {} };
}

/** Templates alone: addresses are the model's own. */
function inputOf({ pods, namespaces, policies }: World): AuditInput {
  const workloads = pods.map(({ namespace, name, labels, hostNetwork }) => bare(namespace, name, labels, hostNetwork));
  const objects = [...namespaces, ...policies].map((object) => ({ object, at: {} }));
  return { name: 'a world', objects, workloads, routes: [], problems: [], missing: [], whole: true };
}
