/** Whatever the policies: what the audit calls redundant can be taken out, all of it at once, and the oracle judges every flow as before. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REDUNDANCY } from '../../src/audit/checks/redundancy.ts';
import type { Finding } from '../../src/audit/finding.ts';
import type { AuditInput } from '../../src/audit/input/audit-input.ts';
import { runChecks } from '../../src/audit/run-checks.ts';
import { objectKey, type NetworkPolicyObject } from '../../src/model/objects.ts';
import { collectPoints, describeFlow, flowSeed, resolveFlow } from '../support/generators/flows.ts';
import { inputOf } from '../audit/support/world-input.ts';
import { propertyParameters } from '../support/generators/parameters.ts';
import { world } from '../support/generators/worlds.ts';
import { createOracle } from '../support/oracle/judge.ts';
import type { World } from '../support/oracle/world.ts';

describe('what is called redundant', () => {
  const each = REDUNDANCY.map((check) => [check.name, [check]] as const);
  it.each([...each, ['all of these together', REDUNDANCY] as const])('%s: can be taken out', (name, catalogue) => {
    let found = 0;
    fc.assert(
      fc.property(world, fc.array(flowSeed, { minLength: 30, maxLength: 60 }), (cluster, seeds) => {
        const { findings } = runChecks(withoutPods(cluster), { catalogue });
        found += findings.length;
        const [before, after] = [createOracle(cluster), createOracle({ ...cluster, policies: takeOut(cluster.policies, findings) })];
        const points = collectPoints(cluster);
        for (const seed of seeds) {
          const flow = { ...resolveFlow(points, seed), sourceIsLocalNode: false };
          const told = `${describeFlow(flow)} without ${findings.map(({ message, at }) => `${at.object} ${message}`).join('; ')}`;
          expect({ told, allowed: after(flow).allowed }).toEqual({ told, allowed: before(flow).allowed });
        }
      }),
      propertyParameters(`audit ${name}`, 400),
    );
    expect(found).toBeGreaterThan(0);
  });
});

/** Its pods are none of the audit's business: it is to hold for any. */
function withoutPods(cluster: World): AuditInput {
  return inputOf({ ...cluster, pods: [], nodes: [] });
}

function takeOut(policies: readonly NetworkPolicyObject[], findings: readonly Finding[]): NetworkPolicyObject[] {
  return policies.flatMap((policy) => {
    const own = findings.filter(({ at }) => at.object === `NetworkPolicy ${objectKey(policy)}`).map(({ at }) => at.field);
    if (own.includes(undefined)) return [];
    const spec = policy.spec as Readonly<Record<string, unknown>>;
    const left = (direction: string): object => {
      const rules = spec?.[direction];
      return Array.isArray(rules) ? { [direction]: rules.filter((_, index) => !own.includes(`spec.${direction}[${index}]`)) } : {};
    };
    return own.length === 0
      ? [policy]
      : [{ ...policy, spec: { ...spec, policyTypes: typesOf(spec), ...left('ingress'), ...left('egress') } }];
  });
}

/** Without rules of egress they would be others by default. */
function typesOf({ policyTypes, egress }: Readonly<Record<string, unknown>>): unknown {
  if (Array.isArray(policyTypes) && policyTypes.length > 0) return policyTypes;
  return Array.isArray(egress) && egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
}
