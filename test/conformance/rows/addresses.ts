/** Rows of the semantics about nodes, Services and whom an address means, each with what proves it. */

import type { Row } from './row.ts';

export const ADDRESS_ROWS: readonly Row[] = [
  {
    case: 'ipBlock and pod addresses',
    verdict: 'an ipBlock matches pods too',
    cases: ['ipBlock and pod addresses: an ipBlock matches pod addresses too'],
    upstream: [34],
  },
  {
    case: "from the pod's own node",
    verdict: 'always allowed: no ingress interface *and* an address of the node',
    cases: ["traffic from and to the pod's own node is always allowed; other nodes are ordinary addresses"],
    tests: [
      {
        file: 'bpf/node.test.ts',
        names: ['reaches an isolated pod', 'is not meant where the packet came in by an interface', 'has another source'],
      },
    ],
  },
  {
    case: "to the pod's own node",
    verdict:
      "always allowed, by its addresses and the pod's gateway; but node ports and host ports that are rewritten to pods are judged by the backend",
    cases: [
      "traffic from and to the pod's own node is always allowed; other nodes are ordinary addresses",
      "Services: NodePort, judged by the backend at the own node; another node's is that node's address",
      "hostPort: judged by the pod and the pod's port",
    ],
    tests: [{ file: 'bpf/node.test.ts', names: ['is reached by an isolated pod', 'is also the node by its link-local address'] }],
  },
  {
    case: 'a cluster address bound on the node (NodeLocal DNS)',
    verdict: 'delivered locally, so own node',
    tests: [
      {
        file: 'e2e/services-addresses.test.ts',
        names: ['a cluster address that is bound on the node is the own node, and so is whatever is bound there'],
      },
    ],
  },
  {
    case: 'other nodes',
    verdict: 'ordinary addresses',
    cases: ["traffic from and to the pod's own node is always allowed; other nodes are ordinary addresses"],
  },
  {
    case: 'the pod to itself',
    verdict: 'allowed, by pod address and through a Service',
    cases: ['the pod to itself, by pod address: allowed', 'the pod to itself, through its Service: allowed'],
    tests: [
      { file: 'bpf/node.test.ts', names: ['the pod itself is reached through a hairpin'] },
      { file: 'e2e/services.test.ts', names: ['a pod reaches itself through its Service, whatever isolates it'] },
    ],
  },
  {
    case: 'hostNetwork pods',
    verdict: 'are their node: never selected, never a peer by selector',
    cases: ['hostNetwork pods are their node: never selected, never a peer by selector'],
    note: 'No warning is given.',
  },
  {
    case: 'Services, at the cluster address',
    verdict: "judged by the backend pod and the pod's port",
    cases: ["Services: judged by the backend pod and the pod's port, at the cluster address"],
    tests: [
      { file: 'e2e/services.test.ts', names: ['the pod’s port counts, not the Service’s', 'a named port is the backend pod’s'] },
      { file: 'conformance/perturbed.lab.test.ts' },
    ],
  },
  {
    case: 'Services, one allowed backend beside one that is not',
    verdict: 'each connection by its own backend',
    cases: ['Services: one backend that is allowed beside one that is not'],
    tests: [
      { file: 'e2e/services.test.ts', names: ['of two backends only the allowed one is reached, and the other never sees a packet'] },
    ],
  },
  {
    case: 'Services, NodePort',
    verdict: "at the own node by the backend; another node's is that node's address",
    cases: ["Services: NodePort, judged by the backend at the own node; another node's is that node's address"],
    tests: [
      { file: 'e2e/services-nodes.test.ts', names: ['a node port of another node is that node’s own address, whatever its backend'] },
    ],
  },
  {
    case: 'Services, LoadBalancer and external addresses',
    verdict: 'by the backend',
    cases: ['Services: LoadBalancer and external addresses, judged by the backend'],
  },
  {
    case: 'Services, externalTrafficPolicy Local',
    verdict: 'the backend sees its client',
    cases: ['Services: externalTrafficPolicy Local: the backend sees its client'],
    tests: [
      { file: 'e2e/services-outside.test.ts', names: ['keeps its address where the Service keeps to the node, and is judged by it'] },
    ],
  },
  {
    case: 'Services, internalTrafficPolicy Local',
    verdict: "by the backend on the client's node",
    cases: ['Services: internalTrafficPolicy Local'],
    tests: [
      {
        file: 'e2e/services-choice.test.ts',
        names: ['a client is judged by the backend of its own node, whatever the other node’s may be'],
      },
    ],
  },
  {
    case: 'Services, headless',
    verdict: 'need nothing',
    cases: ['Services: headless needs nothing'],
  },
  {
    case: 'Services, session affinity',
    verdict: 'changes nothing: the backend that a client keeps is judged',
    cases: ['Services: session affinity changes nothing: the backend that a client keeps is judged'],
    tests: [
      {
        file: 'e2e/services-choice.test.ts',
        names: [
          'a client is judged by the backend that it keeps, and another client by its own',
          'a client whose first flow is denied keeps the denied backend',
        ],
      },
    ],
  },
  {
    case: 'Services, terminating and unready endpoints',
    verdict: 'those that the proxy still uses are judged like any pod',
    cases: ['Services: terminating and unready endpoints that the proxy still uses are judged like any pod'],
    tests: [{ file: 'e2e/services.test.ts', names: ['endpoints that the proxy still uses are judged like any pod'] }],
  },
  {
    case: 'Services, none to choose',
    verdict: 'left to the proxy, which refuses',
    cases: [
      'Services: one without endpoints is left to the proxy, which refuses (UDP)',
      'Services: one without endpoints is left to the proxy, which refuses (TCP)',
    ],
    tests: [{ file: 'e2e/services.test.ts', names: ['without endpoints are left to the proxy, which refuses'] }],
  },
  {
    case: 'Services, where the kernel has no netfilter programs',
    verdict: 'allowed where every endpoint is, else dropped',
    tests: [{ file: 'e2e/services-fallback.test.ts' }],
  },
  {
    case: 'hostPort',
    verdict: "judged by the pod and the pod's port",
    cases: ["hostPort: judged by the pod and the pod's port"],
    tests: [
      {
        file: 'e2e/services-addresses.test.ts',
        names: ['a port of the node that is a container’s is judged by the pod and the pod’s port'],
      },
      { file: 'e2e/services-portmap.test.ts' },
    ],
  },
  {
    case: 'a client that the node has masqueraded',
    verdict: 'judged by its true address where the kernel can tell, else by the address seen; never taken for the local node',
    cases: ['client masqueraded by the node (NodePort): judged by its true address where the kernel can tell, else by the address seen'],
    tests: [
      { file: 'bpf/node.test.ts', names: ['is not meant where the packet came in by an interface'] },
      {
        file: 'e2e/services-outside.test.ts',
        names: [
          'is judged by its true address, from its first packet on',
          'is not taken for the node, whose address it has, nor for whom that address is allowed',
        ],
      },
    ],
  },
];
