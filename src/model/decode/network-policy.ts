/** A NetworkPolicy of the API (networking.k8s.io/v1): only its metadata; what its spec means is the compiler's work. */

import type { NetworkPolicyObject } from '../objects.ts';
import { decodeMetadata, decodeNamed } from './metadata.ts';

/** `E_OBJECT_FIELD` with the object and the field, for metadata that cannot be read. */
export function decodeNetworkPolicy(value: unknown): NetworkPolicyObject {
  return decodeNamed('NetworkPolicy', value, (object) => {
    const { namespace, name, uid, createdAt, annotations } = decodeMetadata('NetworkPolicy', object);
    return { kind: 'NetworkPolicy', namespace, name, uid, createdAt, annotations, spec: object['spec'] };
  });
}
