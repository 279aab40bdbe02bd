/** The policy that every perturbed case starts from, and what it says of x/a. Each case changes one thing of it. */

import type { Manifest } from '../../../support/builders/manifests.ts';
import { applyPolicy } from '../../case.ts';
import type { Action, ConformanceCase, Served } from '../../case.ts';
import { ALL_PODS } from '../../../support/builders/three-namespaces.ts';

/** What a case changes of the base policy; the rest stays. */
export interface Perturbation {
  readonly namespace?: string;
  readonly podSelector?: Manifest;
  /** All rules of a direction. */
  readonly ingress?: readonly Manifest[];
  readonly egress?: readonly Manifest[];
  /** Peers or ports of a direction's first rule. */
  readonly from?: readonly Manifest[];
  readonly to?: readonly Manifest[];
  readonly ingressPorts?: readonly Manifest[];
  readonly egressPorts?: readonly Manifest[];
}

/** Nine pods, each with each and with itself, at both ports over three protocols: 486 probes for each family. */
export const WHOLE_MATRIX = {
  pods: ALL_PODS,
  ports: ['80/TCP', '81/TCP', '80/UDP', '81/UDP', '80/SCTP', '81/SCTP'],
} as const satisfies { readonly pods: readonly string[]; readonly ports: readonly Served[] };

const TCP_80 = [{ protocol: 'TCP', port: 80 }];
const DNS = {
  ports: [
    { protocol: 'UDP', port: 53 },
    { protocol: 'TCP', port: 53 },
  ],
};

/** Create the base policy, or replace it by another perturbation of it. */
export function applyBase(perturbation: Perturbation = {}): Action {
  const { namespace = 'x', podSelector = { matchLabels: { pod: 'a' } } } = perturbation;
  const { from = [peers(['x', 'y'], ['b', 'c'])], ingressPorts = TCP_80 } = perturbation;
  const { to = [peers(['y', 'z'], ['a', 'b'])], egressPorts = TCP_80 } = perturbation;
  const { ingress = [{ from, ports: ingressPorts }], egress = [{ to, ports: egressPorts }, DNS] } = perturbation;
  return applyPolicy(`${namespace}/base`, { podSelector, policyTypes: ['Ingress', 'Egress'], ingress, egress });
}

/** One step; its table is `allow` but for the lines. */
export function perturbed(name: string, perturbation: Perturbation, overrides: readonly string[]): ConformanceCase {
  return { name, ...WHOLE_MATRIX, steps: [{ does: [applyBase(perturbation)], default: 'allow', overrides }] };
}

/** What the base policy says of x/a's two directions, each beginning with a line that closes it. */
export const BASE_INGRESS = ['deny * > x/a', 'allow x/b,x/c,y/b,y/c > x/a :80 TCP'];
export const BASE_EGRESS = ['deny x/a > *', 'allow x/a > y/a,y/b,z/a,z/b :80 TCP'];
export const BASE_TABLE = [...BASE_INGRESS, ...BASE_EGRESS];

function peers(namespaces: readonly string[], pods: readonly string[]): Manifest {
  const oneOf = (key: string, values: readonly string[]): Manifest => ({ matchExpressions: [{ key, operator: 'In', values }] });
  return { namespaceSelector: oneOf('ns', namespaces), podSelector: oneOf('pod', pods) };
}
