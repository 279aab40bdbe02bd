/** Policies that cannot be enforced as written, or do less or more than their text seems to say. */

import type { PosternError } from '../../model/error.ts';
import { isEverything } from '../describe-rule.ts';
import type { AuditModel } from '../model/audit-model.ts';
import { SelectorIndex } from '../model/selector-index.ts';
import { nameWorkload } from './isolation.ts';
import { policyYaml } from './policy-yaml.ts';
import type { Check, CheckContext, Sighting } from './check.ts';

export const POLICY_SHAPE: readonly Check[] = [
  {
    id: 'PN014',
    name: 'policy-types-trap',
    severity: 'warning',
    summary: 'A policy has rules in a direction that it does not isolate',
    why: 'Where policyTypes is given, rules of a direction that it leaves out have no effect: nothing is isolated by them and nothing allowed. Where policyTypes is left out, Ingress is always meant, so a policy with egress rules alone also denies all ingress.',
    mend: 'list in policyTypes exactly the directions that the policy is about',
    bad: policyYaml('podSelector: {}\npolicyTypes: [Ingress]\negress: [{ to: [{ podSelector: {} }] }]'),
    good: policyYaml('podSelector: {}\npolicyTypes: [Egress]\negress: [{ to: [{ podSelector: {} }] }]'),
    run: findTypeTraps,
  },
  {
    id: 'PN023',
    name: 'host-network-selected',
    severity: 'warning',
    summary: 'A policy selects pods on the host’s network',
    why: 'A pod with hostNetwork has its node’s address: no policy can tell it from the node, and its own policies have no effect with most plugins. Whoever relies on them is not protected.',
    mend: 'take the pod off the host’s network, or protect it on the node, by a firewall or by what the program listens at',
    bad: `${hostWorkload(true)}\n---\n${policyYaml('podSelector: { matchLabels: { app: agent } }')}`,
    good: `${hostWorkload(false)}\n---\n${policyYaml('podSelector: { matchLabels: { app: agent } }')}`,
    run: findHostNetwork,
  },
  {
    id: 'PN025',
    name: 'invalid-policy',
    severity: 'error',
    summary: 'A policy cannot be enforced as written',
    why: 'The API server refuses most such policies, so what they should protect stays open. One that is there all the same is enforced as far as it can be read: it isolates its selection, and what cannot be read allows nothing.',
    mend: 'correct the field',
    bad: policyYaml('podSelector: {}\ningress: [{ ports: [{ port: 70000 }] }]'),
    good: policyYaml('podSelector: {}\ningress: [{ ports: [{ port: 7000 }] }]'),
    run: findInvalid,
  },
  {
    id: 'PN026',
    name: 'policy-beyond-budget',
    severity: 'error',
    summary: 'A policy does not fit the budgets and would isolate its selection',
    why: 'Each namespace and node has a share of the kernel’s tables. A policy beyond it isolates what it selects and allows nothing, so that it harms nobody else.',
    mend: 'write it with fewer peers, CIDRs or port ranges, or split the namespace',
    bad: '# a policy with tens of thousands of CIDRs',
    good: '# the same with the wide CIDRs that they make up',
    run: findBeyondBudget,
  },
];

function* findTypeTraps({ model }: CheckContext): Generator<Sighting> {
  for (const { policy, object, place } of model.policies.values()) {
    if (!policy.valid) continue;
    const spec = (object.spec ?? {}) as Readonly<Record<string, unknown>>;
    const has = (field: string): boolean => Array.isArray(spec[field]) && spec[field].length > 0;
    const given = has('policyTypes');
    for (const [type, field] of [
      ['Ingress', 'ingress'],
      ['Egress', 'egress'],
    ] as const) {
      if (given && has(field) && policy.rules[field] === undefined)
        yield { message: `its ${field} rules have no effect: policyTypes does not list ${type}`, at: place(`spec.${field}`), key: field };
    }
    if (!given && has('egress') && !has('ingress'))
      yield {
        message: 'it has egress rules alone and no policyTypes, so it denies all ingress, too',
        at: place('spec.egress'),
        key: 'ingress',
        mend: 'write policyTypes: [Egress], or [Ingress, Egress] if all ingress is to be denied',
      };
  }
}

function hasOthers(model: AuditModel, namespace: string): boolean {
  return model.workloadIndex.inNamespace(namespace, {}).some(({ hostNetwork }) => !hostNetwork);
}

function* findHostNetwork({ model }: CheckContext): Generator<Sighting> {
  const onHost = new SelectorIndex(
    model.input.workloads.filter(({ hostNetwork }) => hostNetwork),
    (workload) => workload,
    (namespace) => model.namespaceLabels(namespace),
  );
  for (const { policy, place } of model.policies.values()) {
    if (policy.subject === undefined) continue;
    // `{}` is meant for the others there, and for whoever comes.
    if (isEverything(policy.subject) && hasOthers(model, policy.namespace)) continue;
    for (const workload of onHost.inNamespace(policy.namespace, policy.subject)) {
      yield {
        message: `it selects ${nameWorkload(workload)}, which is on the host's network: no policy has an effect on it`,
        at: place('spec.podSelector'),
        related: [{ message: 'the workload', at: workload.at }],
        key: nameWorkload(workload),
      };
    }
  }
}

function* findInvalid({ model }: CheckContext): Generator<Sighting> {
  for (const { policy, place } of model.policies.values()) {
    for (const problem of policy.problems) yield { ...describeProblem(problem), at: { ...place(), ...problem.at } };
  }
}

function* findBeyondBudget({ model }: CheckContext): Generator<Sighting> {
  for (const [key, problem] of model.compiler.refused) {
    const entry = model.policies.get(key);
    if (entry !== undefined) yield { ...describeProblem(problem), at: entry.place() };
  }
}

function describeProblem({ message, mend, at }: PosternError): Pick<Sighting, 'message' | 'mend' | 'key'> {
  return { message, key: `${at.field ?? ''} ${message}`, ...(mend === undefined ? {} : { mend }) };
}

function hostWorkload(hostNetwork: boolean): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: { name: agent, namespace: shop, labels: { app: agent } }\nspec:\n  hostNetwork: ${hostNetwork}\n  containers: [{ name: agent, image: example/agent }]`;
}
