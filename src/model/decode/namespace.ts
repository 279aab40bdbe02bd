/** A Namespace of the API (core/v1): its labels, with the name among them. */

import { NAMESPACE_NAME_LABEL } from '../labels.ts';
import type { Namespace } from '../objects.ts';
import { decodeMetadata, decodeNamed } from './metadata.ts';

/** `E_OBJECT_FIELD` with the object and the field. */
export function decodeNamespace(value: unknown): Namespace {
  return decodeNamed('Namespace', value, (object) => {
    const { name, labels } = decodeMetadata('Namespace', object);
    return { kind: 'Namespace', name, labels: { ...labels, [NAMESPACE_NAME_LABEL]: name } };
  });
}
