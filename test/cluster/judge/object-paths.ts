/** Where the API server keeps the kinds of objects that cases speak of. */

import type { Manifest } from '../../support/builders/manifests.ts';

/** Plural, and the path before namespaces. */
const KINDS: Readonly<Record<string, readonly [plural: string, api: string]>> = {
  Namespace: ['namespaces', '/api/v1'],
  Pod: ['pods', '/api/v1'],
  Service: ['services', '/api/v1'],
  EndpointSlice: ['endpointslices', '/apis/discovery.k8s.io/v1'],
  NetworkPolicy: ['networkpolicies', '/apis/networking.k8s.io/v1'],
};

export interface ObjectName {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

export function nameOf(manifest: Manifest): ObjectName {
  const { namespace, name } = manifest['metadata'] as { readonly namespace?: string; readonly name: string };
  return { kind: String(manifest['kind']), name, ...(namespace === undefined ? {} : { namespace }) };
}

/** As an agent's status calls it. */
export function pluralOf(kind: string): string {
  return entryOf(kind)[0];
}

export function collectionPath({ kind, namespace }: Omit<ObjectName, 'name'>): string {
  const [plural, api] = entryOf(kind);
  return namespace === undefined ? `${api}/${plural}` : `${api}/namespaces/${namespace}/${plural}`;
}

export function objectPath(object: ObjectName): string {
  return `${collectionPath(object)}/${object.name}`;
}

function entryOf(kind: string): readonly [string, string] {
  const entry = KINDS[kind];
  if (entry === undefined) throw new TypeError(`no case speaks of a ${kind}`);
  return entry;
}
