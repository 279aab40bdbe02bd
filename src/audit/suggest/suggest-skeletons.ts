/** Default-deny and name resolution for namespaces that lack them. Whoever a policy isolates already gets nothing new. */

import { formatAddress } from '../../model/ip.ts';
import type { LabelExpression, LabelSelector, Labels } from '../../model/labels.ts';
import { DIRECTIONS, type Direction } from '../../model/verdict.ts';
import { matchesSelector, selectorKey } from '../../policy/selector.ts';
import { DNS_LABELS, DNS_NAMESPACE, DNS_PORT, findNameServers, NODE_LOCAL, NODE_LOCAL_NAMES } from '../checks/dns.ts';
import { nameWorkload } from '../checks/isolation.ts';
import { isEverything } from '../describe-rule.ts';
import type { Workload } from '../input/audit-input.ts';
import type { AuditModel } from '../model/audit-model.ts';
import { PolicyNames } from './policy-names.ts';
import type { PolicyDraft, PortDraft, RuleDraft, Suggestion } from './suggestion.ts';
import { nameSome } from './suggestion-words.ts';

export interface SkeletonOptions {
  /** These alone; absent: all that have workloads, but for kube-system. */
  readonly namespaces?: readonly string[];
}

export function suggestSkeletons(model: AuditModel, { namespaces }: SkeletonOptions = {}): Suggestion {
  const workloads = model.input.workloads.filter(({ hostNetwork }) => !hostNetwork);
  const inhabited = [...Map.groupBy(workloads, ({ namespace }) => namespace)].sort(([a], [b]) => (a < b ? -1 : 1));
  const wanted = inhabited.filter(([namespace]) => namespaces?.includes(namespace) ?? namespace !== DNS_NAMESPACE);
  const names = new PolicyNames(model.input);
  const skeletons = wanted.map(([namespace, own]) => draftNamespace(model, names, namespace, own));
  const system = wanted.length < inhabited.length && namespaces === undefined;
  return {
    policies: skeletons.flatMap(({ policies }) => policies),
    notes: [
      ...skeletons.flatMap(({ notes }) => notes),
      ...(system ? [`nothing for ${DNS_NAMESPACE}: name servers that deny by default stop a cluster`] : []),
    ],
    lacking: [],
  };
}

interface Skeleton {
  readonly policies: readonly PolicyDraft[];
  readonly notes: readonly string[];
}

function draftNamespace(model: AuditModel, names: PolicyNames, namespace: string, workloads: readonly Workload[]): Skeleton {
  const policies = model.policiesIn(namespace).map(({ policy }) => policy);
  const subjectsOf = (direction: Direction): LabelSelector[] =>
    policies.flatMap(({ subject, rules }) => (subject === undefined || rules[direction] === undefined ? [] : [subject]));
  const lacking = DIRECTIONS.filter((direction) => !subjectsOf(direction).some(isEverything));
  if (lacking.length === 0) return { policies: [], notes: [] };
  const deny: PolicyDraft = {
    namespace,
    name: names.take(namespace, 'default-deny', lacking.length === 2 ? '' : `-${lacking[0]}`),
    podSelector: {},
    rules: Object.fromEntries(lacking.map((direction) => [direction, []])),
    comments: [`every pod of ${namespace} is isolated for ${lacking.join(' and ')}: what policies do not allow is denied`],
  };
  if (!lacking.includes('egress')) return { policies: [deny], notes: [] };
  const subjects = subjectsOf('egress');
  const { selectors, isolated } = selectUnisolated(workloads, subjects);
  const dns = selectors.map((podSelector): PolicyDraft => ({
    namespace,
    name: names.take(namespace, 'allow-dns', ''),
    podSelector,
    rules: { egress: draftNameServers(model) },
    comments: [
      isEverything(podSelector)
        ? `every pod of ${namespace} may resolve names`
        : `pods of ${namespace} that no policy isolates for egress today may resolve names`,
    ],
  }));
  const untouched =
    isolated.length === 0
      ? []
      : [`isolated for egress already, and given no DNS here: ${nameSome([...new Set(isolated.map(nameWorkload))])}`];
  return { policies: [deny, ...dns], notes: untouched };
}

/** Selectors that take in the workloads that no subject selects, and no pod, of now or to come, that one does. */
function selectUnisolated(
  workloads: readonly Workload[],
  subjects: readonly LabelSelector[],
): { readonly selectors: readonly LabelSelector[]; readonly isolated: readonly Workload[] } {
  if (subjects.length === 0) return { selectors: [{}], isolated: [] };
  const selectors = new Map<string, LabelSelector>();
  const isolated: Workload[] = [];
  for (const workload of workloads) {
    for (const labels of [workload.labels, ...workload.pods.map((pod) => pod.labels)]) {
      const negations = subjects.map((subject) => negate(subject, labels));
      if (negations.includes(undefined)) isolated.push(workload);
      else {
        const selector = { matchExpressions: onceEach(negations.filter((one) => one !== undefined)) };
        selectors.set(selectorKey(selector), selector);
      }
    }
  }
  return { selectors: [...selectors].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, selector]) => selector), isolated };
}

/** A demand of the subject that these labels do not meet, turned round: whoever has it is not selected. `undefined`: they meet all. */
function negate({ matchLabels, matchExpressions }: LabelSelector, labels: Labels): LabelExpression | undefined {
  const equal = Object.entries(matchLabels ?? {}).map(([key, value]): LabelExpression => ({ key, operator: 'In', values: [value] }));
  const unmet = [...equal, ...(matchExpressions ?? [])].find((demand) => !matchesSelector({ matchExpressions: [demand] }, labels));
  if (unmet === undefined) return undefined;
  const { key, values = [] } = unmet;
  switch (unmet.operator) {
    case 'In':
      return { key, operator: 'NotIn', values };
    case 'NotIn':
      return { key, operator: 'In', values };
    case 'Exists':
      return { key, operator: 'DoesNotExist' };
    case 'DoesNotExist':
      return { key, operator: 'Exists' };
  }
}

/** Values of one key that are all ruled out stand in one demand. */
function onceEach(demands: readonly LabelExpression[]): LabelExpression[] {
  const excluded = Map.groupBy(
    demands.filter(({ operator }) => operator === 'NotIn'),
    ({ key }) => key,
  );
  const merged = [...excluded].map(([key, same]): LabelExpression => ({
    key,
    operator: 'NotIn',
    values: [...new Set(same.flatMap(({ values = [] }) => values))].sort(),
  }));
  const others = demands.filter(({ operator }) => operator !== 'NotIn');
  const distinct = new Map([...merged, ...others].map((demand) => [JSON.stringify(demand), demand]));
  return [...distinct].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, demand]) => demand);
}

/** The cluster's own, at the ports of their pods where the input shows them. */
function draftNameServers(model: AuditModel): RuleDraft[] {
  const { input } = model;
  const bothOf = (port: number): PortDraft[] => [
    { protocol: 'UDP', port },
    { protocol: 'TCP', port },
  ];
  const known = findNameServers(model).filter(({ pods }) => !pods.pod.hostNetwork);
  const usual = { namespace: DNS_NAMESPACE, selector: DNS_LABELS, port: DNS_PORT };
  const servers = known.length === 0 ? [usual] : known.map(({ pods, ...server }) => ({ ...server, namespace: pods.workload.namespace }));
  const alike = Map.groupBy(servers, ({ namespace, selector }) => JSON.stringify([namespace, selector]));
  const nodeLocal = input.workloads.some(({ namespace, name }) => namespace === DNS_NAMESPACE && NODE_LOCAL_NAMES.includes(name));
  return [
    ...[...alike.values()].map((same) => ({
      peers: same
        .slice(0, 1)
        .map(({ namespace, selector }) => ({ kind: 'pods' as const, namespace, podSelector: { matchLabels: selector } })),
      ports: [...new Set(same.map(({ port }) => port))].sort((a, b) => a - b).flatMap(bothOf),
      comments: [],
    })),
    ...(nodeLocal
      ? [
          {
            peers: [{ kind: 'block' as const, cidr: `${formatAddress(NODE_LOCAL)}/32` }],
            ports: bothOf(DNS_PORT),
            comments: ['NodeLocal DNS'],
          },
        ]
      : []),
  ];
}
