/** Reads a NetworkPolicy spec as the API documents and validates it; anything doubtful closes the policy. */

import type { NetworkPolicyObject } from '../../../src/model/objects.ts';
import type { LabelSelector } from '../../../src/model/labels.ts';
import type { Direction } from '../../../src/model/verdict.ts';
import { check, optional, readList, readObject } from './read.ts';
import type { Problem, Report } from './read.ts';
import { readPeer } from './read-peer.ts';
import type { Peer } from './read-peer.ts';
import { readPort } from './read-port.ts';
import type { PolicyPort } from './read-port.ts';
import { readSelector } from './read-selector.ts';

/** One rule. An empty `peers` means any peer, an empty `ports` any protocol and port, as the API has it. */
export interface Rule {
  readonly peers: readonly Peer[];
  readonly ports: readonly PolicyPort[];
}

export interface ReadPolicy {
  readonly namespace: string;
  /** `namespace/name` */
  readonly key: string;
  /** Undefined: it cannot be read, so the policy selects nothing. */
  readonly podSelector: LabelSelector | undefined;
  readonly policyTypes: readonly Direction[];
  /** Both empty for an invalid policy: it isolates, and allows nothing. */
  readonly ingress: readonly Rule[];
  readonly egress: readonly Rule[];
  readonly valid: boolean;
  /** Also what does not make the policy invalid, such as a peer of an unknown kind. */
  readonly problems: readonly Problem[];
}

export function readPolicy(object: NetworkPolicyObject): ReadPolicy {
  const report: Report = { problems: [] };
  const spec = readObject(report, 'spec', object.spec ?? {}, ['podSelector', 'policyTypes', 'ingress', 'egress']);
  const podSelector = spec === undefined ? undefined : readSelector(report, 'spec.podSelector', spec['podSelector'] ?? {});
  const policyTypes = readPolicyTypes(report, spec);
  const ingress = readRules(report, 'ingress', 'from', spec);
  const egress = readRules(report, 'egress', 'to', spec);

  const valid = report.problems.every((problem) => problem.harmless);
  return {
    namespace: object.namespace,
    key: `${object.namespace}/${object.name}`,
    podSelector,
    policyTypes,
    ingress: valid ? ingress : [],
    egress: valid ? egress : [],
    valid,
    problems: report.problems,
  };
}

/**
 * Omitted or empty: Ingress always, and Egress if there are egress rules.
 * What cannot be read isolates both directions.
 */
function readPolicyTypes(report: Report, spec: Readonly<Record<string, unknown>> | undefined): readonly Direction[] {
  const both: readonly Direction[] = ['ingress', 'egress'];
  if (spec === undefined) return both;

  const types = (optional(spec['policyTypes']) ?? []) as readonly unknown[];
  if (!check(report, 'spec.policyTypes', Array.isArray(types), 'must be a list')) return both;
  const readable = types.every((type) => type === 'Ingress' || type === 'Egress');
  if (!check(report, 'spec.policyTypes', readable, 'may hold Ingress and Egress only')) return both;

  if (types.length > 0) {
    return both.filter((direction) => types.includes(direction === 'ingress' ? 'Ingress' : 'Egress'));
  }
  const egress = optional(spec['egress']) ?? [];
  const hasEgressRules = !Array.isArray(egress) || egress.length > 0;
  return hasEgressRules ? both : ['ingress'];
}

function readRules(
  report: Report,
  direction: Direction,
  peersField: 'from' | 'to',
  spec: Readonly<Record<string, unknown>> | undefined,
): readonly Rule[] {
  return readList(report, `spec.${direction}`, spec?.[direction], (field, value) => {
    const rule = readObject(report, field, value, [peersField, 'ports']);
    return {
      peers: readList(report, `${field}.${peersField}`, rule?.[peersField], (at, peer) => readPeer(report, at, peer)),
      ports: readList(report, `${field}.ports`, rule?.['ports'], (at, port) => readPort(report, at, port)),
    };
  });
}
