/** What is told to the people of an object that is not enforced as they wrote it. */

import type { EnforcementState } from '../compiler/enforcement.ts';
import { formatError, type PosternError } from '../model/error.ts';
import type { Notice } from '../model/notice.ts';
import type { Pod } from '../model/objects.ts';
import type { Policy } from '../policy/policy.ts';

/** Why a policy is not enforced as written: what is wrong in it, and that it does not fit. */
export function problemsOf(policy: Policy, refusal: PosternError | undefined): string[] {
  return [...policy.problems, ...(refusal === undefined ? [] : [refusal])].map(formatError);
}

/** `undefined` for a policy that is enforced as it is written. Whoever counts it says the same, but for what fits on one node and not on another. */
export function noticeOfPolicy(policy: Policy, refusal: PosternError | undefined): Notice | undefined {
  const { key, namespace, uid, valid, subject } = policy;
  const problems = problemsOf(policy, refusal);
  if (problems.length === 0) return undefined;
  const [reason, effect] =
    subject === undefined
      ? ['PolicyInvalid', 'It selects no pod, since it cannot be read whom it selects']
      : !valid
        ? ['PolicyInvalid', 'The pods that it selects are isolated and it allows nothing']
        : refusal !== undefined
          ? ['PolicyRefused', 'The pods that it selects are isolated and it allows nothing']
          : ['PolicyNotAsWritten', 'It is enforced without what is wrong in it'];
  return {
    about: { kind: 'NetworkPolicy', namespace, name: key.slice(namespace.length + 1), uid },
    reason,
    message: `${effect}: ${problems.join('; ')}`,
    shared: true,
  };
}

export function noticeOfPod({ namespace, name, uid }: Pod, because: string): Notice {
  const mend = 'give it an interface with a host side, as bridge and ptp plugins do, or keep it where nobody must be kept out';
  return {
    about: { kind: 'Pod', namespace, name, uid },
    reason: 'PodNotEnforced',
    message: `No NetworkPolicy is enforced for this pod: ${because} (${mend}) [E_POD_NOT_ENFORCED]`,
    shared: false,
  };
}

/** Of the own Node, whose annotation is not understood. */
export function noticeOfNode(node: string | undefined, { problem }: EnforcementState): Notice | undefined {
  if (node === undefined || problem === undefined) return undefined;
  // The kubelet's own Events name a Node by its name here, and kubectl looks for that.
  return { about: { kind: 'Node', name: node, uid: node }, reason: 'EnforcementUnknown', message: formatError(problem), shared: false };
}
