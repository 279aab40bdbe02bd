/** Brings objects other than pods to the API server, and takes them from it. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Labels } from '../../../src/model/labels.ts';
import type { Manifest } from '../../support/builders/manifests.ts';
import type { ApiClient } from '../harness/api-client.ts';
import { collectionPath, nameOf, objectPath } from './object-paths.ts';
import { sliceBody } from './pod-body.ts';

const FIELDS = 'fieldValidation=Strict';
const GONE_TIMEOUT_MS = 60_000;
const POLL_MS = 100;
const NOT_FOUND = 404;
const CONFLICT = 409;

export async function createNamespace(api: ApiClient, name: string, labels: Labels = {}): Promise<void> {
  await api.makeNamespace(name, labels);
  // Without it no pod is let in. Its controller may be faster.
  const account = { method: 'POST', path: `/api/v1/namespaces/${name}/serviceaccounts`, body: { metadata: { name: 'default' } } } as const;
  const { status, body } = await api.send(account);
  if (status >= 300 && status !== CONFLICT) throw new Error(`no service account in ${name}: ${JSON.stringify(body)}`);
}

/** Returns when nothing of it is left. One that is not there is passed over. */
export async function removeNamespace(api: ApiClient, name: string): Promise<void> {
  const path = objectPath({ kind: 'Namespace', name });
  await abandonNamespace(api, name);
  const deadline = performance.now() + GONE_TIMEOUT_MS;
  while ((await api.send({ method: 'GET', path })).status !== NOT_FOUND) {
    if (performance.now() > deadline) throw new Error(`namespace ${name} does not go`);
    await sleep(POLL_MS);
  }
}

/** It is gone some time later. */
export async function abandonNamespace(api: ApiClient, name: string): Promise<void> {
  // Pods would take all the time that they have to end.
  await api.send({ method: 'DELETE', path: `${collectionPath({ kind: 'Pod', namespace: name })}?gracePeriodSeconds=0` });
  await api.send({ method: 'DELETE', path: objectPath({ kind: 'Namespace', name }) });
}

/** The labels of one become those of the other. */
export async function relabel(api: ApiClient, former: Manifest, manifest: Manifest): Promise<void> {
  const gone = Object.keys(labelsOf(former)).map((key) => [key, null] as const);
  const labels = { ...Object.fromEntries(gone), ...labelsOf(manifest) };
  await api.ask({ method: 'PATCH', path: objectPath(nameOf(manifest)), body: { metadata: { labels } } });
}

/** Creates a policy, a Service or a slice, or puts it in the place of a former one. */
export async function writeObject(api: ApiClient, manifest: Manifest, former: Manifest | undefined): Promise<void> {
  const name = nameOf(manifest);
  const body = name.kind === 'EndpointSlice' ? sliceBody(manifest) : manifest;
  // A Service's addresses cannot be changed.
  const replaced = former !== undefined && name.kind !== 'Service';
  if (former !== undefined && !replaced) await deleteObject(api, former);
  if (replaced) await api.ask({ method: 'PUT', path: `${objectPath(name)}?${FIELDS}`, body });
  else await api.ask({ method: 'POST', path: `${collectionPath(name)}?${FIELDS}`, body });
  const { status } = manifest;
  if (name.kind === 'Service' && status !== undefined)
    await api.ask({ method: 'PATCH', path: `${objectPath(name)}/status`, body: { status } });
}

export async function deleteObject(api: ApiClient, manifest: Manifest): Promise<void> {
  await api.ask({ method: 'DELETE', path: objectPath(nameOf(manifest)) });
}

function labelsOf(manifest: Manifest): Labels {
  return ((manifest['metadata'] as Manifest)['labels'] ?? {}) as Labels;
}
