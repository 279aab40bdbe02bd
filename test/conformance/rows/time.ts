/** Rows of the semantics about pods that come and go, and flows that outlive a change, each with what proves it. */

import type { Row } from './row.ts';

export const TIME_ROWS: readonly Row[] = [
  {
    case: 'dual-stack',
    verdict: 'selectors mean all of `status.podIPs`',
    cases: ['dual-stack: selectors select pods, all of `status.podIPs`, both families'],
  },
  {
    case: 'Terminating pod',
    verdict: 'keeps its policies and its peer rows until it is gone',
    cases: ['Terminating pod keeps its policy and its peer rows until it is gone'],
  },
  {
    case: 'Succeeded or Failed pod',
    verdict: 'leaves the peer rows',
    cases: ['Succeeded or Failed pod leaves the peer rows at the phase change'],
    tests: [
      {
        file: 'e2e/pods.test.ts',
        names: ['the peer that policies mean is the new one', 'by their own policies where an ended pod still has'],
      },
      { file: 'e2e/services-choice.test.ts', names: ['whose address another pod has got, is judged as that other pod'] },
    ],
  },
  {
    case: 'address reuse',
    verdict: 'the newest running pod owns an address; a late deletion of the old one changes nothing',
    cases: ["address reuse: the newest running pod owns an address; the old owner's late deletion must not remove the new owner's row"],
    tests: [
      { file: 'e2e/reuse.test.ts' },
      { file: 'compiler/plan.test.ts', names: ['a death is swept, unless the address is owned again'] },
      { file: 'e2e/pods.test.ts', names: ['may get the address of one that has ended'] },
      { file: 'agent/sandboxes.test.ts' },
      { file: 'e2e/runtime.test.ts', names: ['lets go of its address'] },
    ],
  },
  {
    case: 'a pod that is new',
    verdict: 'passes until the agent knows it, its address (from the container runtime, else the API server) and its interface',
    tests: [
      {
        file: 'e2e/pods.test.ts',
        names: ['are enforced when their manifest comes after their interface', 'interface comes after their manifest'],
      },
      { file: 'e2e/runtime.test.ts', names: ['is enforced before the API server tells'] },
      { file: 'bpf/states.test.ts', names: ['that is held'] },
    ],
    note: 'Nothing holds it before; the program can (`states.test.ts`).',
  },
  {
    case: 'pod without a host-side interface (macvlan and others)',
    verdict: 'not enforced, named in log, status and an Event: at once where its interface can be seen, else after ten seconds',
    tests: [
      { file: 'e2e/pods.test.ts', names: ['pods without a host side'] },
      { file: 'discovery/pod-interfaces.test.ts' },
      { file: 'agent/interfaces.test.ts' },
      { file: 'agent/reports.test.ts', names: ['is of a pod that is not enforced'] },
    ],
  },
  {
    case: 'established flows when policy changes',
    verdict: 'judged again at their next packet: cut, or untouched',
    tests: [
      { file: 'bpf/flows.test.ts', names: ['an edit that narrows cuts a flow'] },
      { file: 'lab/enforcement.test.ts', names: ['cuts an open connection that an edit denies'] },
      { file: 'e2e/edits.test.ts' },
      { file: 'e2e/services-edits.test.ts' },
    ],
  },
  {
    case: 'established flows when isolation begins, or an agent comes for the first time',
    verdict: 'survive if policy allows them, whoever opened them; those that a denied peer opened are cut',
    tests: [
      { file: 'bpf/states.test.ts', names: ['keeps established flows that are still allowed when its isolation begins'] },
      {
        file: 'bpf/flows.test.ts',
        names: [
          'that a denied client opened are cut, whichever side sends next, and stay cut',
          'that the pod opened go on, whichever side sends next',
        ],
      },
      { file: 'e2e/isolation.test.ts' },
    ],
  },
  {
    case: 'established flows when the agent is killed or replaced',
    verdict: 'go on',
    tests: [
      { file: 'e2e/upgrade.test.ts' },
      { file: 'e2e/restart.test.ts', names: ['leaves its pods as they were', 'is followed by another without a lost packet'] },
    ],
  },
  {
    case: 'enforcement turned off at a node (break-glass)',
    verdict: 'nothing is dropped there; when it is on again, new flows are judged at once, and open ones as when isolation begins',
    tests: [
      { file: 'compiler/enforcement.test.ts', names: ['lets every pod of the node pass', 'gives pods a take-over window when it ends'] },
      { file: 'properties/histories.test.ts', names: ['the maps mean what the oracle says'] },
      { file: 'agent/in-force.test.ts', names: ['leaves programs attached', 'works although something else cannot be written'] },
      { file: 'e2e/break-glass.test.ts' },
    ],
  },
  {
    case: 'conntrack evicted',
    verdict: 'an allowed flow recovers; nothing else gets in',
    tests: [
      { file: 'e2e/eviction.test.ts' },
      {
        file: 'bpf/flows.test.ts',
        names: [
          'an evicted flow that is still allowed recovers by itself',
          'nothing that is not allowed gets in because a table was evicted',
        ],
      },
    ],
    note: "UDP replies wait for the pod's next packet.",
  },
  {
    case: 'spoofed source',
    verdict: 'dropped for any local pod once there is a policy; an annotation and a flag turn it off',
    tests: [{ file: 'bpf/source.test.ts' }],
  },
  {
    case: 'secondary interfaces',
    verdict: "only those that carry the pod's cluster addresses",
    tests: [{ file: 'e2e/pods.test.ts', names: ['with a second interface are touched only where the cluster address is'] }],
  },
];
