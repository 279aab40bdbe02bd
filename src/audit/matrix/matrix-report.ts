/**
 * Who reaches whom, as data: what the table, the files and the page are made of. Peers of one class are treated alike by every policy, so everything is
 * said once for each pair of classes.
 */

import type { Ports } from '../../policy/ports.ts';

export interface MatrixPeer {
  /** `shop/Deployment/web`, or the name of an outside network. */
  readonly id: string;
  readonly kind: 'workload' | 'pod' | 'outside';
  /** Empty for what is outside. */
  readonly namespace: string;
  /** `web`; of what is outside: its named network or CIDRs. */
  readonly name: string;
  /** `Deployment`; empty for what is outside. */
  readonly workload: string;
  /** CIDRs of what is outside: an address belongs to the peer that has the longest of them, and to `anywhere else` where none has. */
  readonly networks?: readonly string[];
  readonly pods: number;
  /** Index of its class. */
  readonly class: number;
}

export interface MatrixRule {
  /** `namespace/name` of its policy. */
  readonly policy: string;
  readonly direction: 'ingress' | 'egress';
  /** Position among the policy's rules, from 0. */
  readonly index: number;
  /** `shop.yaml:12`; empty where there is no file. */
  readonly place: string;
  /** As the rule says it: `any peer`, `pods {app=web} in shop on 80/TCP`. */
  readonly text: string;
  /** Classes that it lets in or out. */
  readonly peers: readonly number[];
  readonly ports: Ports;
  /** To destinations whose ports have the names that it uses. Those of an ingress rule are the isolated classes themselves. */
  readonly byName: readonly PortsByName[];
}

export interface PortsByName {
  /** In place of the rule's `ports`. */
  readonly ports: Ports;
  /** Classes for which the names mean this. */
  readonly destinations: readonly number[];
}

export interface MatrixClass {
  /** Isolated in this direction by these policies (`namespace/name`); undefined: not isolated. */
  readonly ingress: readonly string[] | undefined;
  readonly egress: readonly string[] | undefined;
  /** Indexes of the rules that its policies have in this direction. */
  readonly ingressRules: readonly number[];
  readonly egressRules: readonly number[];
}

export interface MatrixReport {
  readonly input: string;
  readonly peers: readonly MatrixPeer[];
  readonly classes: readonly MatrixClass[];
  readonly rules: readonly MatrixRule[];
  /** By the class of the source, then that of the destination: an index of `portSets`; -1 where it was not asked (outside to outside). */
  readonly allowed: readonly (readonly number[])[];
  readonly portSets: readonly Ports[];
  readonly incomplete: readonly string[];
}
