/** What a whole answer needs and an input lacks; and what it may lack without harm. */

import { describe, expect, it } from 'vitest';
import { policyManifest } from '../../manifests/temporary-folder.ts';
import { readStdin, workloadManifest } from './input-support.ts';

const missingOf = async (...documents: readonly string[]) => (await readStdin(documents.join('---\n'))).missing;
const WEB = workloadManifest('Deployment', 'shop/web');
const peers = (selector: string) => policyManifest('p', `ingress: [{from: [{namespaceSelector: ${selector}}]}]`);
const namespace = (name: string) => `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}, labels: {team: a}}\n`;

describe('an input of manifests', () => {
  it.each([
    ['of an app alone', [WEB]],
    ['of an app with policies', [WEB, policyManifest('p')]],
    ['whose policies name other namespaces', [WEB, peers('{matchLabels: {kubernetes.io/metadata.name: monitoring}}')]],
    ['whose policies let all namespaces in', [WEB, peers('{}')]],
    ['whose policies select by labels that its namespaces have', [WEB, peers('{matchLabels: {team: a}}'), namespace('shop')]],
    ['without a Service that anything leads to', [WEB, 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {}\n']],
  ])('%s is complete', async (_what, documents) => {
    expect(await missingOf(...documents)).toEqual([]);
  });

  it.each([
    ['matchLabels: {team: a}', 'team'],
    ['matchExpressions: [{key: tier, operator: NotIn, values: [x]}]', 'tier'],
  ])('whose policies select namespaces by %s needs those that have pods', async (selector, key) => {
    expect(await missingOf(WEB, workloadManifest('Job', 'bank/once'), namespace('bank'), peers(`{${selector}}`))).toEqual([
      {
        kind: 'Namespace',
        reason: `policies select namespaces by ${key}, and the labels of shop are not known: no Namespace object says them`,
      },
    ]);
  });

  it('with policies alone needs pods', async () => {
    expect(await missingOf(policyManifest('p'))).toEqual([
      { kind: 'Pod', reason: 'there are policies, and no pods and no workloads that they could select' },
    ]);
  });

  it('with nothing needs something', async () => {
    expect(await missingOf('')).toMatchObject([{ kind: 'Pod', reason: expect.stringContaining('nothing to audit') }]);
  });

  it('with a policy that cannot be read needs it', async () => {
    const policy = policyManifest('p').replace('name: p', 'name: [p]');
    expect(await missingOf(WEB, policy)).toMatchObject([{ kind: 'NetworkPolicy' }]);
    expect(await missingOf(WEB, policy.replaceAll('NetworkPolicy', 'Pod').replace('networking.k8s.io/v1', 'v1'))).toEqual([]);
  });

  it('with routes needs the Services that they lead to', async () => {
    const ingress =
      'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {namespace: shop, name: web}\nspec: {defaultBackend: {service: {name: web, port: {number: 80}}}}\n';
    expect(await missingOf(WEB, ingress)).toEqual([{ kind: 'Service', reason: 'Ingress shop/web leads to a Service, and there is none' }]);
  });
});
