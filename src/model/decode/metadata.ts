/** Object metadata (meta/v1 ObjectMeta), and the frame that lets every decoding error name its object. */

import { PosternError } from '../error.ts';
import type { Labels } from '../labels.ts';
import { isSubdomain } from '../name-syntax.ts';
import { MIRROR_ANNOTATION } from '../objects.ts';
import { describeValue, fieldError, isRecord, recordAt, textAt, textMapAt, timeAt } from './fields.ts';
import type { JsonRecord } from './fields.ts';

/** What an object that names no namespace belongs to, as kubectl has it. */
const DEFAULT_NAMESPACE = 'default';

/** What our own annotations begin with; of the others only one is needed. */
const OWN_ANNOTATIONS = 'postern.dev/';

export interface Metadata {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Labels;
  /** Our own, and that of static pods' mirrors. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch; 0 where absent. */
  readonly createdAt: number;
  readonly terminating: boolean;
}

/** Without a uid the object gets one that is the same on every reading: `Pod/shop/web`. */
export function decodeMetadata(kind: string, object: JsonRecord): Metadata {
  const metadata = recordAt(object, 'metadata', 'metadata');
  const name = nameAt(metadata, 'name', 'metadata.name');
  if (name === undefined) throw fieldError('metadata.name', 'the object has no name', 'give it a name below metadata');
  const namespace = nameAt(metadata, 'namespace', 'metadata.namespace') ?? DEFAULT_NAMESPACE;
  return {
    namespace,
    name,
    uid: textAt(metadata, 'uid', 'metadata.uid') ?? `${kind}/${namespace}/${name}`,
    labels: textMapAt(metadata, 'labels', 'metadata.labels'),
    annotations: ownAnnotations(textMapAt(metadata, 'annotations', 'metadata.annotations')),
    createdAt: timeAt(metadata, 'creationTimestamp', 'metadata.creationTimestamp') ?? 0,
    terminating: timeAt(metadata, 'deletionTimestamp', 'metadata.deletionTimestamp') !== undefined,
  };
}

/** Others' can be as large as the object itself (kubectl's last applied configuration). */
function ownAnnotations(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => key.startsWith(OWN_ANNOTATIONS) || key === MIRROR_ANNOTATION));
}

/** Decodes an object of a known kind; an error of `decode` gets the object's name. */
export function decodeNamed<T>(kind: string, value: unknown, decode: (object: JsonRecord) => T): T {
  if (!isRecord(value)) {
    throw new PosternError('E_OBJECT_FIELD', `${describeValue(value)} stands where a ${kind} is needed`, {
      at: { object: kind },
      mend: 'write an object with apiVersion, kind and metadata',
    });
  }
  try {
    return decode(value);
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    throw new PosternError(error.code, error.message, {
      at: { ...error.at, object: nameObject(kind, value) },
      ...(error.mend === undefined ? {} : { mend: error.mend }),
      cause: error.cause,
    });
  }
}

/** `Pod shop/web`, as far as it can be read. */
export function nameObject(kind: string, object: JsonRecord): string {
  const metadata = isRecord(object['metadata']) ? object['metadata'] : {};
  const { namespace, name } = metadata;
  if (typeof name !== 'string' || name === '') return `${kind} without a name`;
  if (kind === 'Namespace' || kind === 'Node') return `${kind} ${clip(name)}`;
  return `${kind} ${typeof namespace === 'string' && namespace !== '' ? clip(namespace) : DEFAULT_NAMESPACE}/${clip(name)}`;
}

/** No name is longer, and a message is a line or two. */
const LONGEST_NAME = 253;

function clip(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, 60)}…` : name;
}

/** A DNS subdomain: with any other character (a slash) two objects could have one key. */
export function nameAt(parent: JsonRecord, key: string, path: string): string | undefined {
  const name = textAt(parent, key, path);
  if (name === undefined || isSubdomain(name)) return name;
  throw fieldError(path, `${describeValue(name)} is not a name`, 'use lower-case letters, digits, "-" and "."');
}
