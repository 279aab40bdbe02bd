/** Workloads that no policy isolates in a direction: everybody may reach them, or they may reach everything. */

import type { Direction } from '../../model/verdict.ts';
import type { AuditInput, Workload } from '../input/audit-input.ts';
import { podName } from '../model/class-name.ts';
import type { CheckInfo } from '../finding.ts';
import type { Check, CheckContext, Sighting } from './check.ts';

const DEFAULT_DENY = (type: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: default-deny, namespace: shop }
spec:
  podSelector: {}
  policyTypes: [${type}]`;

const WORKLOAD = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  template:
    metadata: { labels: { app: web } }`;

const INGRESS: CheckInfo = {
  id: 'PN001',
  name: 'ingress-not-isolated',
  severity: 'warning',
  summary: 'No policy isolates a workload for ingress',
  why: 'A pod that no policy selects for ingress takes connections from every pod, from every node, and from wherever else its address can be reached. Policies of other pods do not help it.',
  mend: 'add a policy that denies all ingress in the namespace, and allow what is needed beside it',
  bad: WORKLOAD,
  good: `${WORKLOAD}\n---\n${DEFAULT_DENY('Ingress')}`,
};

const EGRESS: CheckInfo = {
  id: 'PN002',
  name: 'egress-not-isolated',
  severity: 'note',
  summary: 'No policy isolates a workload for egress',
  why: 'A pod that no policy selects for egress may connect to everything: other namespaces, nodes, the metadata service of a cloud, the internet. Whoever takes it over may, too.',
  mend: 'add a policy that denies all egress in the namespace, and allow what is needed beside it, name resolution first',
  bad: WORKLOAD,
  good: `${WORKLOAD}\n---\n${DEFAULT_DENY('Egress')}`,
};

export const ISOLATION: readonly Check[] = [
  { ...INGRESS, run: (context) => findOpen(context, 'ingress') },
  { ...EGRESS, run: (context) => findOpen(context, 'egress') },
];

function* findOpen({ model }: CheckContext, direction: Direction): Generator<Sighting> {
  const unread = describeUnreadPolicies(model.input);
  for (const workload of model.input.workloads) {
    if (workload.hostNetwork) continue;
    const classes = model.classesOf(workload);
    const open = classes.filter((one) => model.isolating(one, direction).length === 0);
    if (open.length === 0) continue;
    const [one] = open;
    const some = one === undefined || open.length === classes.length ? '' : ` (pods such as ${podName(one.pod)})`;
    const who = `${nameWorkload(workload)}${some}`;
    yield { message: `${who} ${WORDS[direction]}${unread}`, at: workload.at };
  }
}

/** Those of plugins with APIs of their own; what is only staged, or for secondary networks, isolates nothing. */
function describeUnreadPolicies({ passedOver }: AuditInput): string {
  const kinds = Object.keys(passedOver?.kinds ?? {}).filter((kind) => /^(?!Staged|Multi).*NetworkPolicy$/.test(kind));
  return kinds.length === 0 ? '' : ` (the input has policies of other APIs, which are not read: ${kinds.toSorted().join(', ')})`;
}

const WORDS: Readonly<Record<Direction, string>> = {
  ingress: 'takes connections from everybody: no policy isolates it for ingress',
  egress: 'may connect to everything: no policy isolates it for egress',
};

export function nameWorkload({ kind, namespace, name }: Pick<Workload, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace}/${name}`;
}
