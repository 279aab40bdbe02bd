/** What an endpoint is to enforce, by what its pod's policies came to and by whether anything is enforced at its node at all. */

import type { Address } from '../model/ip.ts';
import { ALLOW_SPOOFING } from './compiler-options.ts';
import type { Ruleset } from './ruleset-table.ts';
import type { Subject } from './subjects.ts';

/** What an endpoint is to enforce. `undefined` rulesets: not isolated in that direction. */
export interface EndpointIntent {
  readonly addresses: readonly Address[];
  readonly ingress: Ruleset | undefined;
  readonly egress: Ruleset | undefined;
  readonly sourceCheck: boolean;
  /** No policy in the cluster: nothing is looked at. */
  readonly open: boolean;
  /** Only the node may talk to it: nothing is known of its pod. */
  readonly held: boolean;
}

export interface Circumstances {
  /** Nothing is enforced at the node. */
  readonly off: boolean;
  /** There is a policy in the cluster. */
  readonly policies: boolean;
  readonly sourceCheck: boolean;
}

/** `subject`: of the pod that is bound; `undefined` where that is no pod of this node any more, or not yet. */
export function makeIntent(subject: Subject | undefined, { off, policies, sourceCheck }: Circumstances): EndpointIntent {
  return {
    addresses: subject?.pod.addresses ?? [],
    // Off, also while what the pod was compiled to before waits to be compiled anew.
    ingress: off ? undefined : subject?.rulesets.ingress,
    egress: off ? undefined : subject?.rulesets.egress,
    sourceCheck: sourceCheck && subject?.pod.annotations[ALLOW_SPOOFING] !== 'true',
    open: off || !policies,
    // Until it is compiled nothing but the node may talk to it.
    held: !off && subject?.compiled !== true,
  };
}
