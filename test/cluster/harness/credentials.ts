/** Certificates, tokens and kubeconfigs of a cluster. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChecked } from '../../../src/lab/processes/run-command.ts';
import { API_SERVICE, type ClusterPlan } from './plan.ts';

export interface Credentials {
  readonly apiKey: string;
  readonly apiCertificate: string;
  readonly serviceAccountKey: string;
  readonly tokens: string;
}

export async function makeCredentials(plan: ClusterPlan): Promise<Credentials> {
  const { folder, apiAddress, nodes } = plan;
  const apiKey = join(folder, 'api.key');
  const apiCertificate = join(folder, 'api.crt');
  const serviceAccountKey = join(folder, 'sa.key');
  const tokens = join(folder, 'tokens.csv');
  const names = [
    `IP:${apiAddress}`,
    `IP:${API_SERVICE}`,
    'IP:127.0.0.1',
    'DNS:kubernetes',
    'DNS:kubernetes.default',
    'DNS:kubernetes.default.svc',
    'DNS:localhost',
  ];
  const subject = ['-days', '365', '-subj', '/CN=kube-apiserver', '-addext', `subjectAltName=${names.join(',')}`];
  await runChecked(['openssl', 'genrsa', '-out', serviceAccountKey, '2048']);
  await runChecked(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', apiKey, '-out', apiCertificate, ...subject]);
  const users = ['admin,admin,admin,"system:masters"', ...nodes.map(({ name }) => `${name},system:node:${name},${name},"system:nodes"`)];
  writeFileSync(tokens, `${users.join('\n')}\n`);
  for (const token of ['admin', ...nodes.map(({ name }) => name)])
    writeFileSync(kubeconfigOf(plan, token), kubeconfig(apiAddress, apiCertificate, token));
  return { apiKey, apiCertificate, serviceAccountKey, tokens };
}

export function kubeconfigOf({ folder }: ClusterPlan, user: string): string {
  return join(folder, `${user}.conf`);
}

function kubeconfig(address: string, certificate: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: `https://${address}:6443`, 'certificate-authority': certificate } }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'c',
  });
}
