/** Finds the decoder of an object by its apiVersion and kind. */

import { PosternError } from '../error.ts';
import type { ClusterKind, ClusterObject } from '../objects.ts';
import { decodeEndpointSlice } from './endpoint-slice.ts';
import { describeValue, isRecord } from './fields.ts';
import { nameObject } from './metadata.ts';
import { decodeNamespace } from './namespace.ts';
import { decodeNetworkPolicy } from './network-policy.ts';
import { decodeNode } from './node.ts';
import { decodePod } from './pod.ts';
import { decodeService } from './service.ts';

interface KindDecoder {
  readonly apiVersion: string;
  readonly decode: (value: unknown) => ClusterObject;
}

const DECODERS: Readonly<Record<ClusterKind, KindDecoder>> = {
  Pod: { apiVersion: 'v1', decode: decodePod },
  Namespace: { apiVersion: 'v1', decode: decodeNamespace },
  Node: { apiVersion: 'v1', decode: decodeNode },
  Service: { apiVersion: 'v1', decode: decodeService },
  NetworkPolicy: { apiVersion: 'networking.k8s.io/v1', decode: decodeNetworkPolicy },
  EndpointSlice: { apiVersion: 'discovery.k8s.io/v1', decode: decodeEndpointSlice },
};

const KINDS = Object.keys(DECODERS) as readonly ClusterKind[];

/**
 * Undefined for a kind that Postern does not read, and for another project's kind of the same name (its own group).
 * `E_OBJECT_KIND` without a kind, or where only its letters' case is wrong; `E_OBJECT_VERSION` for a version of a known
 * kind that is not read; `E_OBJECT_FIELD` for a field.
 */
export function decodeObject(value: unknown): ClusterObject | undefined {
  if (!isRecord(value)) {
    throw new PosternError('E_OBJECT_KIND', `${describeValue(value)} stands where an object is needed`, {
      mend: 'write an object with apiVersion, kind and metadata',
    });
  }
  const { apiVersion, kind } = value;
  if (typeof kind !== 'string' || kind === '') {
    throw new PosternError('E_OBJECT_KIND', 'the object has no kind', { at: { field: 'kind' }, mend: 'write its apiVersion and kind' });
  }
  const known = KINDS.find((candidate) => candidate === kind);
  if (known === undefined) {
    const meant = KINDS.find((candidate) => candidate.toLowerCase() === kind.toLowerCase());
    if (meant === undefined) return undefined;
    throw new PosternError('E_OBJECT_KIND', `${describeValue(kind)} is not a kind`, {
      at: { object: nameObject(kind, value), field: 'kind' },
      mend: `write ${meant}`,
    });
  }
  const decoder = DECODERS[known];
  if (apiVersion === decoder.apiVersion) return decoder.decode(value);
  if (typeof apiVersion === 'string' && isForeignGroup(apiVersion)) return undefined;
  const fault =
    apiVersion === undefined ? `the ${known} has no apiVersion` : `${describeValue(apiVersion)} is no version of ${known} that is read`;
  throw new PosternError('E_OBJECT_VERSION', fault, {
    at: { object: nameObject(known, value), field: 'apiVersion' },
    mend: `write apiVersion: ${decoder.apiVersion}`,
  });
}

/** Groups of Kubernetes itself have no dot (`extensions`) or end in `k8s.io`. */
function isForeignGroup(apiVersion: string): boolean {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  return group.includes('.') && group !== 'k8s.io' && !group.endsWith('.k8s.io');
}
