/** Selectors that match nothing: a policy without pods, a peer without pods, a namespace that is not there. */

import type { LabelSelector } from '../../model/labels.ts';
import { NAMESPACE_NAME_LABEL } from '../../model/labels.ts';
import { selectsNamespace, type PodPeer } from '../../policy/peer-list.ts';
import { matchesSelector } from '../../policy/selector.ts';
import { describePeer, describeSelector, isEverything } from '../describe-rule.ts';
import { isGenerated, withoutGenerated } from '../generated-labels.ts';
import type { AuditModel, AuditPolicy, PodClass } from '../model/audit-model.ts';
import { peerField, listPeers } from './fields.ts';
import { nearestName } from './nearest-name.ts';
import { policyYaml } from './policy-yaml.ts';
import { describeUnseenMakers } from './unseen-makers.ts';
import type { Check, CheckContext, Sighting } from './check.ts';

const inShop = (spec: string): string => `apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, labels: { app: web } }
spec: { containers: [{ name: web, image: example/web }] }
---
${policyYaml(spec)}`;

export const DEAD_SELECTORS: readonly Check[] = [
  {
    id: 'PN003',
    name: 'policy-selects-nothing',
    severity: 'warning',
    summary: 'A policy selects no pod',
    why: 'A policy whose podSelector matches no pod and no workload of its namespace does nothing. Mostly the labels have a slip, and the pods that were meant are open.',
    mend: 'correct the labels of its podSelector, or delete the policy',
    bad: inShop('podSelector: { matchLabels: { app: wbe } }'),
    good: inShop('podSelector: { matchLabels: { app: web } }'),
    run: findIdlePolicies,
  },
  {
    id: 'PN004',
    name: 'peer-selects-nothing',
    severity: 'warning',
    summary: 'A peer of a rule selects no pod',
    why: 'A peer that matches no pod allows nobody in or out. Mostly a label has a slip, or a podSelector without namespaceSelector means pods of the policy’s own namespace where others were meant.',
    mend: 'correct its selectors; for pods of other namespaces add a namespaceSelector to the same peer',
    bad: inShop('podSelector: {}\ningress: [{ from: [{ podSelector: { matchLabels: { app: nobody } } }] }]'),
    good: inShop('podSelector: {}\ningress: [{ from: [{ podSelector: { matchLabels: { app: web } } }] }]'),
    run: findIdlePeers,
  },
  {
    id: 'PN005',
    name: 'namespace-missing',
    severity: 'warning',
    summary: 'A namespace that a policy names does not exist',
    why: 'Namespaces are named by the label kubernetes.io/metadata.name. A name that no namespace has matches nothing, and whoever makes a namespace of that name gets what the rule allows.',
    mend: 'correct the name, or delete the peer',
    bad: inShop('podSelector: {}\ningress: [{ from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: shpo } } }] }]'),
    good: inShop('podSelector: {}\ningress: [{ from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: shop } } }] }]'),
    run: findMissingNamespaces,
  },
];

/** `{}` is meant for whoever comes: it is no slip. */
function* findIdlePolicies({ model }: CheckContext): Generator<Sighting> {
  const makers = describeUnseenMakers(model.input);
  for (const { policy, place } of model.policies.values()) {
    if (policy.subject === undefined || isEverything(policy.subject) || !knowsPods(model, policy.namespace)) continue;
    if (model.classIndex.inNamespace(policy.namespace, policy.subject).length > 0) continue;
    if (model.classIndex.inNamespace(policy.namespace, withoutMade(policy.subject)).some(mayGetLabels)) continue;
    const hint = suggestLabels(model, policy.namespace, policy.subject);
    yield {
      message: `it selects pods ${describeSelector(policy.subject)}, and ${policy.namespace} has no workload with such pods${makers}${hint}`,
      at: place('spec.podSelector'),
      key: describeSelector(policy.subject),
    };
  }
}

function* findIdlePeers({ model }: CheckContext): Generator<Sighting> {
  const makers = describeUnseenMakers(model.input);
  for (const entry of model.policies.values()) {
    for (const { direction, rule, index, peer } of listPeers(entry)) {
      if (peer.kind !== 'pods' || isEverything(peer.pods) || mayBeElsewhere(model, peer)) continue;
      if (model.classIndex.takenBy([peer]).length > 0) continue;
      if (model.classIndex.takenBy([{ ...peer, pods: withoutMade(peer.pods) }]).some(mayGetLabels)) continue;
      const namespaces = namespacesOf(model, peer);
      if (namespaces.length === 0 || !namespaces.every((namespace) => knowsPods(model, namespace))) continue;
      const own = 'name' in peer.namespaces ? elsewhere(model, entry, peer) : '';
      yield {
        message: `no workload has ${describePeer(peer)}${makers}${own}`,
        at: entry.place(peerField(direction, rule, index)),
        key: describePeer(peer),
      };
    }
  }
}

function* findMissingNamespaces({ model }: CheckContext): Generator<Sighting> {
  const names = model.namespaceNames;
  // A folder of manifests need not hold every namespace of its cluster; one that holds some is taken at its word.
  if (!model.input.whole && model.namespaces.size === 0) return;
  for (const entry of model.policies.values()) {
    for (const { direction, rule, index, peer } of listPeers(entry)) {
      if (peer.kind !== 'pods' || 'name' in peer.namespaces) continue;
      for (const name of namesIn(peer.namespaces.selector)) {
        if (names.has(name) || (!model.input.whole && isUsual(name))) continue;
        const near = nearestName(name, [...names]);
        yield {
          message: `${model.input.whole ? 'there is' : 'the input has'} no namespace ${name}${near === undefined ? '' : `; did you mean ${near}?`}`,
          at: entry.place(`${peerField(direction, rule, index)}.namespaceSelector`),
          key: name,
          ...(model.input.whole
            ? {}
            : { mend: 'correct the name, or delete the peer; if the namespace is elsewhere, give its manifest, too' }),
        };
      }
    }
  }
}

/** Every cluster has these. */
function isUsual(namespace: string): boolean {
  return ['kube-system', 'kube-public', 'kube-node-lease', 'default'].includes(namespace);
}

/** Names that the selector asks for. */
export function namesIn({ matchLabels, matchExpressions }: LabelSelector): string[] {
  const named = matchLabels?.[NAMESPACE_NAME_LABEL];
  const listed = (matchExpressions ?? []).filter(({ key, operator }) => key === NAMESPACE_NAME_LABEL && operator === 'In');
  return [...(named === undefined ? [] : [named]), ...listed.flatMap(({ values }) => values ?? [])];
}

/** Something of the namespace's workloads is in the input; else nothing can be said of its pods. */
function knowsPods(model: AuditModel, namespace: string): boolean {
  return model.input.whole || model.classesIn(namespace).length > 0;
}

/** What it asks of labels that pods' authors write: what controllers will add to pods of a template, hashes and the like, nobody can tell before. */
function withoutMade({ matchLabels, matchExpressions }: LabelSelector): LabelSelector {
  return {
    ...(matchLabels === undefined ? {} : { matchLabels: withoutGenerated(matchLabels) }),
    ...(matchExpressions === undefined ? {} : { matchExpressions: matchExpressions.filter(({ key }) => !isGenerated(key)) }),
  };
}

/** What a StatefulSet and a Job add is known: their pods have these labels already. */
function mayGetLabels({ names, workload: { kind } }: PodClass): boolean {
  return names.length === 0 && kind !== 'Pod' && kind !== 'StatefulSet' && kind !== 'Job';
}

/** Manifests are some of a cluster's: a selector that names no namespace may mean one that they lack. */
function mayBeElsewhere({ input }: AuditModel, { namespaces }: PodPeer): boolean {
  return !input.whole && 'selector' in namespaces && namesIn(namespaces.selector).length === 0;
}

function namespacesOf(model: AuditModel, peer: PodPeer): string[] {
  if ('name' in peer.namespaces) return [peer.namespaces.name];
  return [...model.namespaceNames].filter((name) => selectsNamespace(peer, name, model.namespaceLabels(name)));
}

function elsewhere(model: AuditModel, { policy }: AuditPolicy, peer: PodPeer): string {
  const found = model.input.workloads.find(({ namespace, labels }) => namespace !== policy.namespace && matchesSelector(peer.pods, labels));
  return found === undefined
    ? suggestLabels(model, policy.namespace, peer.pods)
    : `; ${found.namespace} has some, but without a namespaceSelector only ${policy.namespace} is looked at`;
}

/** Where one label has a slip: what the namespace's workloads have in its place. */
function suggestLabels(model: AuditModel, namespace: string, { matchLabels }: LabelSelector): string {
  for (const [key, value] of Object.entries(matchLabels ?? {})) {
    const values = new Set(
      model.workloadIndex.inNamespace(namespace, {}).flatMap(({ labels }) => (Object.hasOwn(labels, key) ? (labels[key] ?? []) : [])),
    );
    if (values.has(value)) continue;
    const near = nearestName(value, [...values]);
    if (near !== undefined) return `; did you mean ${key}=${near}?`;
  }
  return '';
}
