/** Model objects for tests, through the same decoders that real manifests go through. */

import { decodeObject } from '../../../src/model/decode/object.ts';
import type { ClusterKind, ClusterObject, Namespace, NetworkPolicyObject, Node, Pod } from '../../../src/model/objects.ts';
import type { Labels } from '../../../src/model/labels.ts';
import { namespaceManifest, nodeManifest, podManifest, policyManifest } from './manifests.ts';
import type { Manifest, PodOptions } from './manifests.ts';

export function pod(key: string, options: PodOptions = {}): Pod {
  return decodeAs('Pod', podManifest(key, options));
}

export function namespace(name: string, labels: Labels = {}): Namespace {
  return decodeAs('Namespace', namespaceManifest(name, labels));
}

export function node(name: string, addresses: readonly string[], annotations: Readonly<Record<string, string>> = {}): Node {
  return decodeAs('Node', nodeManifest(name, addresses, annotations));
}

export function policy(
  key: string,
  spec: unknown,
  options: { readonly createdAt?: number; readonly uid?: string } = {},
): NetworkPolicyObject {
  return decodeAs('NetworkPolicy', policyManifest(key, spec, options));
}

/** All objects of one kind among the manifests. */
export function decodeKind<K extends ClusterKind>(kind: K, manifests: readonly Manifest[]): readonly Extract<ClusterObject, { kind: K }>[] {
  return manifests.filter((manifest) => manifest['kind'] === kind).map((manifest) => decodeAs(kind, manifest));
}

function decodeAs<K extends ClusterKind>(kind: K, manifest: Manifest): Extract<ClusterObject, { kind: K }> {
  const object = decodeObject(manifest);
  if (object?.kind !== kind) throw new TypeError(`a ${kind} was to be built`);
  return object as Extract<ClusterObject, { kind: K }>;
}
