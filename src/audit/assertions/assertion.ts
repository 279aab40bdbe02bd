/** What a test file asserts of an input. */

import type { Location } from '../../model/error.ts';
import type { LabelExpression, Labels } from '../../model/labels.ts';
import type { Direction, Protocol } from '../../model/verdict.ts';
import type { WorkloadKind } from '../input/audit-input.ts';

/** Pods by what they are; what is absent matters nothing. */
export interface PodSelection {
  readonly kind: 'selection';
  readonly namespace: string | undefined;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
  readonly expressions: readonly LabelExpression[];
  readonly workload: WorkloadKind | undefined;
  /** False: an assertion about nothing is a mistake. */
  readonly mayBeEmpty: boolean;
}

/** As `audit explain` takes it: `shop/web`, `svc/front`, an address. */
export interface NamedEnd {
  readonly kind: 'named';
  readonly text: string;
}

/** A CIDR, an address, or the name of a network of the configuration: all of it that is not pods. */
export interface OutsideEnd {
  readonly kind: 'outside';
  readonly text: string;
}

export type AssertedEnd = NamedEnd | PodSelection | OutsideEnd;

export type Quantifier = 'each' | 'some';

export interface QuantifiedEnd {
  readonly quantifier: Quantifier;
  readonly end: AssertedEnd;
}

/** Inclusive; a name is the destination's. */
export type AskedPorts =
  | { readonly protocol: Protocol; readonly first: number; readonly last: number }
  | { readonly protocol: Protocol; readonly name: string };

interface Asserted {
  readonly name: string;
  readonly at: Location;
}

/** `ports` undefined: every port is allowed, or none is. */
export interface PairAssertion extends Asserted {
  readonly kind: 'allow' | 'deny';
  readonly from: QuantifiedEnd;
  readonly to: QuantifiedEnd;
  readonly ports: readonly AskedPorts[] | undefined;
}

/** Nobody but `peers` may come to `own` (`onlyFrom`), or be reached from it (`onlyTo`). */
export interface OnlyAssertion extends Asserted {
  readonly kind: 'onlyFrom' | 'onlyTo';
  readonly own: AssertedEnd;
  readonly peers: readonly AssertedEnd[];
  readonly ports: readonly AskedPorts[] | undefined;
}

export interface IsolationAssertion extends Asserted {
  readonly kind: 'isolated';
  readonly directions: readonly Direction[];
  readonly of: AssertedEnd;
}

export type Assertion = PairAssertion | OnlyAssertion | IsolationAssertion;
