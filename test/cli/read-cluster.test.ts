/** A cluster as an audit reads it: all of it, or what it may. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CLUSTER_RESOURCES } from '../../src/cli/cluster-resources.ts';
import { readCluster, type ReadClusterOptions } from '../../src/cli/read-cluster.ts';
import { writeSnapshot } from '../../src/audit/input/write-snapshot.ts';
import { readAuditInput } from '../../src/audit/input/read-audit-input.ts';
import type { AuditInput } from '../../src/audit/input/audit-input.ts';
import { FakeApiServer, type Fault } from '../kube/support/fake-api-server.ts';
import { connect } from '../kube/support/listener.ts';
import { namespaceManifest, nodeManifest, podManifest, policyManifest, type Manifest } from '../support/builders/manifests.ts';

const GATEWAY = '/apis/gateway.networking.k8s.io';
const HTTP_ROUTES = `${GATEWAY}/v1/httproutes`;

let server: FakeApiServer;

beforeEach(() => {
  server = new FakeApiServer([...CLUSTER_RESOURCES, { kind: 'HTTPRoute', path: HTTP_ROUTES }]);
});

afterEach(() => server.close());

const read = async (options: ReadClusterOptions = {}): Promise<AuditInput> => readCluster(await connect(server), options);

function deployment(key: string): Manifest {
  const [namespace, name] = key.split('/');
  const template = { metadata: { labels: { app: name } }, spec: { containers: [] } };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace, name }, spec: { selector: {}, template } };
}

function webPod(index: number): Manifest {
  const pod = podManifest(`shop/web-5d8f9c-${index}`, {
    labels: { app: 'web', 'pod-template-hash': '5d8f9c' },
    addresses: [`10.0.${index >> 8}.${index & 255}`],
  });
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-5d8f9c', controller: true, uid: 'u' };
  return { ...pod, metadata: { ...(pod['metadata'] as Manifest), ownerReferences: [owner] } };
}

function fill(): void {
  for (const name of ['shop', 'bank']) server.put(namespaceManifest(name, { team: name }));
  server.put(nodeManifest('n1', ['192.0.2.1']));
  server.put(deployment('shop/web'));
  server.put(deployment('bank/api'));
  for (let index = 0; index < 25; index += 1) server.put(webPod(index));
  server.put(policyManifest('shop/deny', { podSelector: {} }));
}

/** Refuses what `isRefused` says; Gateway API is there where `gateway` is given. */
function misbehave(fault: (path: string) => Fault | undefined): void {
  server.misbehave(({ path }) => fault(path));
}

const forbid = (isForbidden: (path: string) => boolean): void =>
  misbehave((path) => (isForbidden(path) ? { kind: 'refuse', status: 403, message: 'User "dev" cannot list it' } : undefined));

describe('a cluster', () => {
  it('is read as a whole, in pages, by asking alone', async () => {
    fill();
    const input = await read({ pageSize: 10 });
    expect(input).toMatchObject({ name: 'the cluster fake', whole: true, missing: [], problems: [] });
    expect(input.objects.map(({ object }) => object.kind).filter((kind) => kind !== 'Pod')).toEqual([
      'Namespace',
      'Namespace',
      'Node',
      'NetworkPolicy',
    ]);
    expect(input.workloads.map(({ at, pods }) => [at, pods.length])).toEqual([
      [{ object: 'Deployment shop/web' }, 25],
      [{ object: 'Deployment bank/api' }, 0],
    ]);
    expect(server.requests.filter(({ path }) => path === '/api/v1/pods')).toHaveLength(3);
    expect(server.requests.every(({ method, query }) => method === 'GET' && query.get('watch') === null)).toBe(true);
  });

  it('lets pods of one workload share their labels', async () => {
    fill();
    const [{ pods }] = (await read()).workloads as [AuditInput['workloads'][number]];
    expect(pods[0]!.labels).toBe(pods[24]!.labels);
  });

  it('makes a snapshot that says the same', async () => {
    fill();
    const input = await read();
    async function* text(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(writeSnapshot(input));
    }
    const again = await readAuditInput(['-'], { stdin: text() });
    expect(writeSnapshot(again)).toBe(writeSnapshot(input));
    expect(again).toMatchObject({ name: 'the cluster fake', whole: true });
  });

  it('has routes where it has the Gateway API, each in the best version', async () => {
    const route = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { namespace: 'shop', name: 'web' },
      spec: { parentRefs: [{ name: 'front' }], rules: [{ backendRefs: [{ name: 'web', port: 80 }] }] },
    };
    server.put(route);
    const resources = [
      { name: 'httproutes', kind: 'HTTPRoute' },
      { name: 'httproutes/status', kind: 'HTTPRoute' },
      { name: 'gateways', kind: 'Gateway' },
    ];
    const answers: Readonly<Record<string, unknown>> = {
      [GATEWAY]: { versions: ['v1', 'v1beta1'].map((version) => ({ groupVersion: `gateway.networking.k8s.io/${version}` })) },
      [`${GATEWAY}/v1`]: { resources },
      [`${GATEWAY}/v1beta1`]: { resources },
    };
    misbehave((path) => (path in answers ? { kind: 'answer', body: answers[path] } : undefined));
    expect((await read()).routes).toMatchObject([{ kind: 'HTTPRoute', through: ['shop/front'], backends: [{ service: 'web', port: 80 }] }]);
    expect(server.requests.filter(({ path }) => path.endsWith('httproutes')).map(({ path }) => path)).toEqual([HTTP_ROUTES]);
  });

  it('with an object that cannot be decoded has a problem, and is read otherwise', async () => {
    fill();
    server.put(policyManifest('shop/odd', {}, { uid: 7 as unknown as string }));
    const input = await read();
    expect(input.problems).toMatchObject([{ code: 'E_OBJECT_FIELD', at: { object: 'NetworkPolicy shop/odd' } }]);
    expect(input.missing).toMatchObject([{ kind: 'NetworkPolicy' }]);
    expect(input.objects.some(({ at }) => at.object === 'NetworkPolicy shop/deny')).toBe(true);
  });
});

describe('what may not be read', () => {
  it('is missing, and the rest is read', async () => {
    fill();
    forbid((path) => path.endsWith('/nodes') || path.endsWith('/jobs'));
    const input = await read();
    expect(input.missing.map(({ kind }) => kind)).toEqual(['Node', 'Job']);
    expect(input.missing[0]!.reason).toContain('User "dev" cannot list it');
    expect(input).toMatchObject({ whole: true, workloads: [{}, {}] });
  });

  it('is read in the namespaces that are named', async () => {
    fill();
    forbid((path) => !path.includes('/namespaces/shop'));
    const input = await read({ namespaces: ['shop', 'bank'] });
    expect(input.workloads.map(({ at }) => at.object)).toEqual(['Deployment shop/web']);
    expect(input.objects.filter(({ object }) => object.kind === 'Namespace')).toMatchObject([{ object: { labels: { team: 'shop' } } }]);
    expect(input.whole).toBe(false);
    expect(input.missing).toContainEqual({ kind: 'Pod', reason: 'pods may be read in shop alone' });
    expect(input.missing.find(({ kind }) => kind === 'Node')!.reason).toContain('may not be listed');
  });

  it('is not asked for by namespace where the whole may be read', async () => {
    fill();
    const input = await read({ namespaces: ['shop'] });
    expect(input.workloads.map(({ at }) => at.object)).toEqual(['Deployment shop/web', 'Deployment bank/api']);
    expect(server.requests.some(({ path }) => path.includes('/namespaces/'))).toBe(false);
  });
});

describe('a server', () => {
  it('that forgets the version of a list is asked again', async () => {
    fill();
    let forgotten = false;
    misbehave((path) => {
      if (path === '/api/v1/pods' && !forgotten && server.requests.filter((request) => request.path === path).length === 2) {
        forgotten = true;
        return { kind: 'refuse', status: 410, message: 'the provided continue parameter is too old' };
      }
      return undefined;
    });
    expect((await read({ pageSize: 10 })).workloads[0]!.pods).toHaveLength(25);
    expect(forgotten).toBe(true);
  });

  it.each([
    ['does not know us', { kind: 'refuse', status: 401, message: 'Unauthorized' }, 'E_KUBE_UNAUTHORIZED'],
    ['fails three times', { kind: 'refuse', status: 500, message: 'etcd is gone' }, 'E_KUBE_SERVER'],
    ['breaks off', { kind: 'break' }, 'E_KUBE_CONNECTION'],
  ] as const)('that %s is an error', async (_how, fault, code) => {
    misbehave(() => fault);
    await expect(read()).rejects.toMatchObject({ code, mend: expect.any(String) });
  });

  it('that is not there is an error', async () => {
    const api = await connect(server);
    server.close();
    await expect(readCluster(api)).rejects.toMatchObject({ code: 'E_KUBE_CONNECTION' });
  });
});
