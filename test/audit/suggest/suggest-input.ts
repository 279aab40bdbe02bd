/** A small shop that policies are suggested for, and what they say. */

import { parseAllDocuments } from 'yaml';
import type { Suggested } from './flow-lines.ts';

export const pod = (key: string, labels: Readonly<Record<string, string>> = {}, spec: object = {}, podIP?: string): string => {
  const [namespace = '', name = ''] = key.split('/');
  const containers = [{ name: 'c', image: 'example/c', ports: [{ name: 'http', containerPort: 8080 }] }];
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels: { app: name, ...labels } },
    spec: { containers, ...spec },
    status: { phase: 'Running', ...(podIP === undefined ? {} : { podIP }) },
  });
};
export const SERVICE = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name: 'front' },
  spec: { clusterIP: '10.96.0.7', selector: { app: 'api' }, ports: [{ port: 80, targetPort: 'http' }] },
});
export const API_SERVER = [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name: 'kubernetes' },
    spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, targetPort: 6443 }] },
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    addressType: 'IPv4',
    metadata: { namespace: 'default', name: 'kubernetes', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    endpoints: [{ addresses: ['192.0.2.10'] }],
    ports: [{ name: 'https', protocol: 'TCP', port: 6443 }],
  },
].map((object) => JSON.stringify(object));
export const SHOP = [pod('shop/web'), pod('shop/api'), pod('shop/db'), pod('bank/pay')];

export interface Spec {
  readonly podSelector: object;
  readonly policyTypes: readonly string[];
  readonly ingress?: readonly object[];
  readonly egress?: readonly object[];
}

/** By `namespace/name`. */
export function specsOf({ text }: Suggested): Record<string, Spec> {
  const documents = parseAllDocuments(text).map(
    (document) => document.toJS() as { metadata: { name: string; namespace: string }; spec: Spec } | null,
  );
  return Object.fromEntries(
    documents.flatMap((one) => (one === null ? [] : [[`${one.metadata.namespace}/${one.metadata.name}`, one.spec]])),
  );
}

export function workload(key: string, labels: Readonly<Record<string, string>>): string {
  const [namespace, name] = key.split('/');
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'c' }] } } },
  });
}
