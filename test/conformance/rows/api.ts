/** Rows of the semantics that the API itself decides, each with what proves it. */

import type { Row } from './row.ts';

export const API_ROWS: readonly Row[] = [
  {
    case: 'pod selected by no policy in a direction',
    verdict: 'everything passes in that direction',
    cases: ['pod selected by no policy in a direction'],
    tests: [{ file: 'bpf/states.test.ts', names: ['that no policy selects lets everything of its own by, and remembers nothing'] }],
  },
  {
    case: 'pod selected by some policy of a direction',
    verdict: 'only what some rule allows; policies and rules add up, order never matters',
    cases: ['pod selected by any policy of a direction: policies and rules add up, order never matters'],
    upstream: [15, 31, 32],
    tests: [{ file: 'bpf/ports.test.ts', names: ['rules add up, for a peer and for everyone'] }],
  },
  {
    case: 'a connection',
    verdict: "needs the source's egress and the destination's ingress",
    cases: ["a connection needs the source's egress and the destination's ingress"],
    upstream: [28],
  },
  {
    case: 'replies to an allowed connection',
    verdict: 'pass, both directions',
    cases: ['replies to an allowed connection'],
    tests: [
      { file: 'bpf/tcp.test.ts', names: ['a whole conversation passes, and leaves one row'] },
      { file: 'bpf/protocols.test.ts', names: ['from an allowed peer passes, and so does the answer, by its row'] },
    ],
  },
  {
    case: '`policyTypes` omitted or `[]`',
    verdict: 'Ingress always; Egress where `egress` has rules',
    cases: ['policyTypes omitted', '`policyTypes: []` as omitted; a type that is not listed: its rules are ignored'],
    tests: [{ file: 'policy/parse-policy.test.ts', names: ['the types of'] }],
  },
  {
    case: 'a type that is not listed',
    verdict: 'its rules are ignored',
    cases: ['`policyTypes: []` as omitted; a type that is not listed: its rules are ignored'],
  },
  {
    case: '`ingress: []`, or missing, with type Ingress',
    verdict: 'nothing is allowed',
    cases: ['`ingress: []`, or missing, with type Ingress'],
    upstream: [1, 2],
  },
  {
    case: '`from` or `to` missing or empty',
    verdict: 'any peer, outside the cluster too',
    cases: ['`from`/`to` missing or empty'],
  },
  {
    case: '`ports` missing or empty',
    verdict: 'every protocol and port, ICMP too',
    cases: ['`ports` missing or empty: every protocol and port, ICMP included'],
    tests: [{ file: 'bpf/protocols.test.ts', names: ['are allowed where a rule without ports allows the peer'] }],
  },
  {
    case: 'a `ports` entry `{}`',
    verdict: 'every TCP port',
    cases: ['a `ports` entry `{}`: every TCP port'],
    tests: [{ file: 'policy/ports.test.ts', names: ['every port of TCP is not every protocol'] }],
  },
  {
    case: '`podSelector: {}` in a peer',
    verdict: "all pods of the policy's own namespace",
    cases: ['`podSelector: {}` in a peer'],
    upstream: [23],
  },
  {
    case: '`namespaceSelector: {}` in a peer',
    verdict: 'all pods of all namespaces, nobody outside',
    cases: ['`namespaceSelector: {}` in a peer'],
    upstream: [5],
  },
  {
    case: 'both selectors in one peer; in two',
    verdict: 'both must hold; either',
    cases: ['both selectors in one peer: both must hold; as two peers: either'],
    upstream: [9, 10],
  },
  {
    case: '`matchExpressions`',
    verdict: 'In, NotIn, Exists, DoesNotExist; NotIn and DoesNotExist also where the key is absent',
    cases: ['`matchExpressions`: NotIn and DoesNotExist also match where the key is absent'],
    upstream: [7, 8],
  },
  {
    case: 'an empty peer, one of unknown kind, ipBlock beside selectors',
    verdict: 'matches nothing, is reported; the rest of the policy holds',
    cases: ['`from: [{}]`, a peer of unknown or mixed kind, matches nothing'],
    tests: [{ file: 'policy/parse-policy.test.ts', names: ['a peer of unknown or mixed kind matches nothing'] }],
  },
  {
    case: 'unknown type, protocol or operator; an unknown field of the spec',
    verdict: 'invalid',
    cases: ['an unknown type, protocol or operator fails closed'],
    tests: [{ file: 'policy/parse-policy.test.ts' }],
  },
  {
    case: 'In or NotIn without values, Exists with values; `endPort` without `port`; port 0 or over 65535',
    verdict: 'invalid',
    cases: ['In or NotIn without values, Exists with values; `endPort` without `port`; port 0 or over 65535'],
    tests: [{ file: 'policy/parse-policy.test.ts' }],
  },
  {
    case: '`port: "80"`',
    verdict: 'a bad port name: invalid',
    cases: ['`port: "80"`: a (bad) port name, not the number 80'],
  },
  {
    case: '`endPort`',
    verdict: 'inclusive; below `port`, or beside a name: invalid',
    cases: ['`endPort`: inclusive, numeric ports only', '`endPort < port` or a named port with endPort is invalid'],
    tests: [{ file: 'bpf/ports.test.ts', names: ['every port of a range in one piece, and none beside it'] }],
  },
  {
    case: 'ipBlock with host bits',
    verdict: 'masked',
    cases: ['ipBlock with host bits set is masked'],
  },
  {
    case: 'leading zeros, mapped IPv6 forms',
    verdict: 'invalid',
    cases: ['ipBlock with leading zeros or mapped IPv6 forms: invalid'],
    tests: [{ file: 'model/ip.test.ts' }],
  },
  {
    case: '`except`',
    verdict: 'the block does not match there; another rule may allow it',
    cases: ['`ipBlock.except`: this block does not match there; another rule may still allow it'],
    upstream: [35, 36],
  },
  {
    case: '`except` equal to the cidr; outside it',
    verdict: 'the block matches nothing; no effect',
    cases: ['`except` equal to the cidr: the block matches nothing; outside: no effect'],
    note: 'No warning is given.',
  },
  {
    case: 'two blocks with one cidr and different excepts',
    verdict: 'independent',
    cases: ['two ipBlocks with the same cidr and different excepts are independent'],
  },
  {
    case: 'families',
    verdict: 'never mix; `::/0` is IPv6 only',
    cases: ['families never mix; `::/0` is IPv6 only'],
    tests: [{ file: 'model/ip.test.ts', names: ['of one family holds nothing of the other'] }],
  },
  {
    case: 'named port',
    verdict: "the destination pod's port of that name and protocol, pod by pod; a name that no pod has allows nothing",
    cases: [
      "named port: the destination pod's container port of that name and protocol, resolved for each pod",
      'named port: of that name and protocol',
    ],
    upstream: [17, 18, 19],
    tests: [{ file: 'bpf/ports.test.ts', names: ['by name are those of the pod that is opened to', 'by a name that no one has are none'] }],
  },
  {
    case: 'native sidecars',
    verdict: 'their ports count',
    cases: ['named port: native sidecars count'],
  },
  {
    case: 'named port in egress without `to`, or with ipBlock',
    verdict: 'resolved against pods only',
    cases: ['named port in egress without `to`, or with ipBlock: resolves against pods only'],
  },
  {
    case: 'one port name twice in a pod',
    verdict: 'the first in container order',
    cases: ['one port name twice in a pod (two containers): the first in container order'],
  },
  {
    case: 'SCTP rule',
    verdict: 'never TCP; isolates also without SCTP in the kernel',
    cases: ['SCTP rule: never TCP; isolates even where the kernel has no SCTP'],
    upstream: [38, 39],
    tests: [{ file: 'bpf/protocols.test.ts', names: ['is not TCP, nor UDP'] }],
  },
  {
    case: 'a change of a policy, of labels of pods or namespaces; a deletion',
    verdict: 'in force both ways',
    cases: ['policy, pod-label or namespace-label change, policy deletion, both ways'],
    upstream: [20, 21, 22, 24, 33],
    tests: [{ file: 'e2e/manifests.test.ts', names: ['is followed without being asked', 'may change the labels of pods and namespaces'] }],
  },
  {
    case: '`kubernetes.io/metadata.name`',
    verdict: 'on every namespace',
    cases: ['`kubernetes.io/metadata.name` is present on every namespace, also for manifests that lack it'],
    upstream: [41, 42],
  },
  {
    case: 'invalid policy',
    verdict: 'isolates its selection in its types (both, if unreadable), allows nothing; file and line are told',
    cases: ['invalid policy: isolates its selection in its policyTypes (both, if they cannot be read) and allows nothing'],
    tests: [
      { file: 'e2e/manifests.test.ts', names: ['with a policy that is not valid isolates its selection'] },
      { file: 'policy/parse-policy.test.ts' },
    ],
  },
  {
    case: '… whose selection cannot be read',
    verdict: 'selects nothing, is reported',
    cases: ['invalid policy: if the selection cannot be read, nothing is selected'],
    note: 'The agent has no readiness to fail.',
  },
  {
    case: 'a policy of an excluded namespace',
    verdict: 'isolates nobody; the pods of its namespace are peers like any other',
    tests: [
      { file: 'compiler/enforcement.test.ts', names: ['has policies that isolate nobody, and pods that are peers like any other'] },
      { file: 'properties/compiled-verdicts.test.ts', names: ['is still a peer as the oracle has it'] },
      { file: 'e2e/break-glass.test.ts', names: ['is not isolated by its policies, which the status lists'] },
    ],
  },
  {
    case: 'a policy that does not fit the budgets',
    verdict: 'as invalid; the others are untouched',
    tests: [
      { file: 'e2e/budgets.test.ts' },
      { file: 'properties/budgets.test.ts' },
      { file: 'compiler/admission.test.ts' },
      { file: 'compiler/budgets.test.ts' },
    ],
  },
];
