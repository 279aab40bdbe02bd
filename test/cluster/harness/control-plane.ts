/** etcd, the API server, the controllers and the scheduler, in a network namespace of their own. */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { enterNamespace, runCommand } from '../../../src/lab/processes/run-command.ts';
import { kubeconfigOf, type Credentials } from './credentials.ts';
import type { ClusterPlan } from './plan.ts';
import type { Processes } from './processes.ts';

const ETCD = 'http://127.0.0.1:2379';
const READY_TIMEOUT_MS = 120_000;

export async function startControlPlane(plan: ClusterPlan, bin: string, credentials: Credentials, processes: Processes): Promise<void> {
  const run = (name: string, argv: readonly string[]): void => {
    processes.start({ name, argv: enterNamespace(plan.controlNetns, argv), cwd: plan.folder });
  };
  const hyper = join(bin, 'hyper');
  const admin = kubeconfigOf(plan, 'admin');
  run('etcd', [
    join(bin, 'etcd'),
    `--data-dir=${plan.folder}/etcd`,
    `--listen-client-urls=${ETCD}`,
    `--advertise-client-urls=${ETCD}`,
    '--unsafe-no-fsync',
  ]);
  startApiServer(plan, bin, credentials, processes);
  await awaitApiServer(plan, bin, processes);
  run('controllers', [
    hyper,
    'kube-controller-manager',
    `--kubeconfig=${admin}`,
    `--service-account-private-key-file=${credentials.serviceAccountKey}`,
    `--root-ca-file=${credentials.apiCertificate}`,
    '--use-service-account-credentials',
    '--leader-elect=false',
    // Each node's pods have the range that its CNI configuration names.
    '--controllers=*,-node-ipam-controller',
  ]);
  run('scheduler', [hyper, 'kube-scheduler', `--kubeconfig=${admin}`, '--leader-elect=false']);
}

export function startApiServer(plan: ClusterPlan, bin: string, credentials: Credentials, processes: Processes): void {
  const argv = [
    join(bin, 'hyper'),
    'kube-apiserver',
    `--etcd-servers=${ETCD}`,
    `--tls-cert-file=${credentials.apiCertificate}`,
    `--tls-private-key-file=${credentials.apiKey}`,
    `--service-account-key-file=${credentials.serviceAccountKey}`,
    `--service-account-signing-key-file=${credentials.serviceAccountKey}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--token-auth-file=${credentials.tokens}`,
    '--authorization-mode=Node,RBAC',
    `--advertise-address=${plan.apiAddress}`,
    '--bind-address=0.0.0.0',
    `--service-cluster-ip-range=${plan.serviceRange},${plan.serviceRange6}`,
    '--allow-privileged=true',
    '--event-ttl=10m',
    // Names of nodes are nowhere in DNS.
    '--kubelet-preferred-address-types=InternalIP',
    '--enable-admission-plugins=NodeRestriction',
  ];
  processes.start({ name: 'api', argv: enterNamespace(plan.controlNetns, argv), cwd: plan.folder });
}

export async function awaitApiServer(plan: ClusterPlan, bin: string, processes: Processes): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  const question = [join(bin, 'hyper'), 'kubectl', `--kubeconfig=${kubeconfigOf(plan, 'admin')}`, 'get', '--raw', '/readyz'];
  while ((await runCommand(question, { netns: plan.controlNetns })).code !== 0) {
    processes.check('etcd');
    processes.check('api');
    if (performance.now() > deadline) throw new Error('the API server does not become ready');
    await sleep(500);
  }
}
