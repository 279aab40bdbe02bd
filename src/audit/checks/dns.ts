/** Pods that are isolated for egress and cannot resolve names: tested against the cluster's own name servers where the input shows them. */

import { formatAddress, parseAddress, type Address } from '../../model/ip.ts';
import { NAMESPACE_NAME_LABEL, type Labels, type LabelSelector } from '../../model/labels.ts';
import { PROTOCOL_NUMBER, type Protocol } from '../../model/verdict.ts';
import { selectsNamespace } from '../../policy/peer-list.ts';
import type { Rule } from '../../policy/policy.ts';
import { hasPort, portsOf, type Ports } from '../../policy/ports.ts';
import { matchesSelector } from '../../policy/selector.ts';
import { isEverything } from '../describe-rule.ts';
import { backendsOf } from '../exposure/backends.ts';
import type { AuditModel, PodClass } from '../model/audit-model.ts';
import { isWorld } from './blocks.ts';
import { nameWorkload } from './isolation.ts';
import { policyYaml } from './policy-yaml.ts';
import type { Check, CheckContext, Sighting } from './check.ts';

export const DNS_NAMESPACE = 'kube-system';
/** The Service's selector in kubeadm, kOps, GKE, EKS, AKS and k3s alike. */
export const DNS_LABELS = { 'k8s-app': 'kube-dns' };
/** Where NodeLocal DNSCache listens on every node: kubernetes.io/docs/tasks/administer-cluster/nodelocaldns. */
export const NODE_LOCAL: Address = parseAddress('169.254.20.10');
export const NODE_LOCAL_NAMES = ['node-local-dns', 'nodelocaldns'];
export const DNS_PORT = 53;

interface UsualServer {
  readonly namespace: string;
  readonly labels: Labels;
  readonly port: number;
}

/** Where they are in clusters of which the input says nothing: as above, and in OpenShift. */
const USUAL: readonly UsualServer[] = [
  { namespace: DNS_NAMESPACE, labels: DNS_LABELS, port: DNS_PORT },
  { namespace: 'openshift-dns', labels: { 'dns.operator.openshift.io/daemonset-dns': 'default' }, port: 5353 },
];
/** What pods are told to ask, by `namespace/name`: of the distributions above, and of OpenShift. */
const DNS_SERVICES = [`${DNS_NAMESPACE}/kube-dns`, 'openshift-dns/dns-default'];

const POD = `apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, labels: { app: web } }
spec: { containers: [{ name: web, image: example/web }] }`;

export const DNS: readonly Check[] = [
  {
    id: 'PN013',
    name: 'dns-egress-missing',
    severity: 'warning',
    summary: 'A workload that is isolated for egress cannot reach the cluster’s name servers',
    why: 'Without name resolution hardly anything works, and what is seen are timeouts far from their cause. Policies see the name server’s own pods and ports, not the Service’s.',
    mend: 'allow egress to the pods k8s-app=kube-dns in kube-system on port 53, UDP and TCP',
    bad: `${POD}\n---\n${policyYaml('podSelector: {}\npolicyTypes: [Egress]')}`,
    good: `${POD}\n---\n${policyYaml(
      'podSelector: {}\npolicyTypes: [Egress]\negress:\n- to: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: kube-system } }, podSelector: { matchLabels: { k8s-app: kube-dns } } }]\n  ports: [{ port: 53, protocol: UDP }, { port: 53, protocol: TCP }]',
    )}`,
    run: findNameless,
  },
];

interface NameServer {
  readonly name: string;
  /** The pods' own. */
  readonly port: number;
  readonly reaches: (pod: PodClass) => Ports;
}

function* findNameless(context: CheckContext): Generator<Sighting> {
  const { model } = context;
  const pods = findNameServers(model);
  const servers = listServers(context, pods);
  if (servers.length === 0) return;
  const mend = mendOf(servers);
  const own = new Set(pods.map((server) => server.pods.workload));
  for (const workload of model.input.workloads) {
    if (own.has(workload)) continue;
    for (const one of model.classesOf(workload)) {
      if (model.isolating(one, 'egress').length === 0) continue;
      const lacking = (['UDP', 'TCP'] as const).filter((protocol) => !servers.some((server) => allows(server, one, protocol)));
      // Answers that do not fit a datagram are rare: TCP alone is no alarm.
      if (!lacking.includes('UDP')) continue;
      const words = lacking.length === 2 ? 'by UDP or TCP' : 'by UDP';
      const policies = model.isolating(one, 'egress').map(({ key }) => model.policies.get(key));
      yield {
        message: `${nameWorkload(workload)} cannot reach ${servers.map(({ name }) => name).join(' or ')} ${words}`,
        at: workload.at,
        mend,
        related: policies
          .flatMap((entry) => (entry === undefined ? [] : [{ message: 'isolates it for egress', at: entry.place() }]))
          .slice(0, 5),
      };
      break;
    }
  }
}

function allows({ reaches, port }: NameServer, pod: PodClass, protocol: Protocol): boolean {
  return hasPort(reaches(pod), PROTOCOL_NUMBER[protocol], port);
}

/** `allow egress to Deployment kube-system/coredns on port 5353, UDP and TCP` */
function mendOf(servers: readonly NameServer[]): string {
  const places = [...new Set(servers.map(({ name, port }) => `${name} on port ${port}`))];
  return `allow egress to ${places.join(', or to ')}, UDP and TCP`;
}

/** None where all of them have their nodes' addresses, which a policy cannot be held to. Where the input has none, what every cluster has. */
function listServers({ model, reach }: CheckContext, known: readonly NameServerPods[]): readonly NameServer[] {
  const servers = known
    .filter(({ pods }) => !pods.pod.hostNetwork)
    .map(({ pods, port }): NameServer => ({ name: nameWorkload(pods.workload), port, reaches: (pod) => reach.between(pod, pods) }));
  const nodeLocal = model.input.workloads.some(({ namespace, name }) => namespace === DNS_NAMESPACE && NODE_LOCAL_NAMES.includes(name));
  if (nodeLocal)
    servers.push({
      name: `NodeLocal DNS (${formatAddress(NODE_LOCAL)})`,
      port: DNS_PORT,
      reaches: (pod) => reach.side('egress', pod, NODE_LOCAL),
    });
  if (servers.length > 0 || known.length > 0) return servers;
  return [{ name: `the name servers (k8s-app=kube-dns in ${DNS_NAMESPACE})`, port: DNS_PORT, reaches: (pod) => portsToUsual(model, pod) }];
}

export interface NameServerPods {
  readonly pods: PodClass;
  readonly port: number;
  /** As their Service selects them. */
  readonly selector: Labels;
}

/** Those behind the Services that pods ask, at the ports that these lead to; and what has the usual labels. */
export function findNameServers(model: AuditModel): readonly NameServerPods[] {
  const found = new Map<PodClass, NameServerPods>();
  for (const { object } of DNS_SERVICES.flatMap((key) => model.services.get(key) ?? [])) {
    for (const { pods, protocol, port = DNS_PORT } of backendsOf(model, object, DNS_PORT))
      if (protocol === 'UDP') found.set(pods, { pods, port, selector: object.selector });
  }
  for (const pods of model.classes) {
    if (isNameServer(pods.workload) && !found.has(pods)) found.set(pods, { pods, port: portOf(pods), selector: DNS_LABELS });
  }
  return [...found.values()];
}

function portOf({ workload }: PodClass): number {
  return workload.ports.find(({ protocol }) => protocol === 'UDP')?.port ?? DNS_PORT;
}

/** To a name server as it would stand there, at port 53 whatever the pods' own is. */
function portsToUsual(model: AuditModel, pod: PodClass): Ports {
  const rules = model.isolating(pod, 'egress').flatMap((policy) => policy.rules.egress ?? []);
  const reached = (['UDP', 'TCP'] as const).filter((protocol) =>
    USUAL.some((server) => rules.some((rule) => takesUsual(model, rule, server) && allowsUsual(rule, protocol, server.port))),
  );
  return portsOf(reached.map((protocol) => ({ protocol, first: DNS_PORT, last: DNS_PORT })));
}

/** By selector, or by a block that is the whole world: its address is not known. */
function takesUsual(model: AuditModel, { peers, ports }: Rule, { namespace, labels }: UsualServer): boolean {
  if (peers === undefined) return true;
  return peers.some((peer) => {
    if (peer.kind === 'block') return isWorld(peer.cidr);
    if (peer.kind !== 'pods' || !matchesSelector(peer.pods, labels)) return false;
    if (selectsNamespace(peer, namespace, model.namespaceLabels(namespace))) return true;
    // Labels that a namespace has in the cluster and not here may be those of name servers, where it is clear that these are meant.
    const isMeant = ports !== undefined || !isEverything(peer.pods);
    return isMeant && !model.namespaces.has(namespace) && 'selector' in peer.namespaces && mayTake(peer.namespaces.selector, namespace);
  });
}

/** Whatever other labels it has. */
function mayTake({ matchLabels = {}, matchExpressions = [] }: LabelSelector, namespace: string): boolean {
  const name = matchLabels[NAMESPACE_NAME_LABEL];
  const byName = matchExpressions.filter(({ key }) => key === NAMESPACE_NAME_LABEL);
  return (name === undefined || name === namespace) && matchesSelector({ matchExpressions: byName }, { [NAMESPACE_NAME_LABEL]: namespace });
}

/** By number, or by the name that the port has at all of them. */
function allowsUsual({ ports }: Rule, protocol: Protocol, port: number): boolean {
  const name = protocol === 'UDP' ? 'dns' : 'dns-tcp';
  return (
    ports === undefined ||
    ports.some((one) => one.protocol === protocol && ('name' in one ? one.name === name : one.first <= port && port <= one.last))
  );
}

export function isNameServer({ namespace, labels }: PodClass['workload']): boolean {
  return namespace === DNS_NAMESPACE && matchesSelector({ matchLabels: DNS_LABELS }, labels);
}
