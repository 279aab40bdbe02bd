/** An earlier input as `writeSnapshot` wrote it: its objects are decoded as manifests are. */

import type { ObjectDecoder } from '../../manifests/read-objects.ts';
import type { PlacedObject } from '../../manifests/manifests.ts';
import { PosternError, type Location } from '../../model/error.ts';
import { fieldError, flagAt, recordAt, recordsAt, textAt, textsAt, type JsonRecord } from '../../model/decode/fields.ts';
import { decodeNamed } from '../../model/decode/metadata.ts';
import type { Missing, Route } from './audit-input.ts';
import { titleOf, type AuditObject, type FoundRoute, type FoundSnapshot } from './audit-object.ts';

export const SNAPSHOT_KIND = 'AuditSnapshot';
export const SNAPSHOT_VERSION = 'postern.dev/v1';

/** `E_OBJECT_VERSION` for one of another version; `E_OBJECT_FIELD`, with the item's number, where anything in it cannot be read. */
export function decodeSnapshot(value: JsonRecord, decode: ObjectDecoder<AuditObject>): FoundSnapshot {
  if (value['apiVersion'] !== SNAPSHOT_VERSION) {
    throw new PosternError('E_OBJECT_VERSION', `the snapshot is of a version that is not read: ${String(value['apiVersion'])}`, {
      at: { object: SNAPSHOT_KIND, field: 'apiVersion' },
      mend: `take it again with this postern, which writes ${SNAPSHOT_VERSION}`,
    });
  }
  return decodeNamed(SNAPSHOT_KIND, value, (snapshot) => ({
    kind: 'FoundSnapshot',
    name: textAt(snapshot, 'name', 'name') ?? 'a snapshot',
    whole: flagAt(snapshot, 'whole', 'whole') ?? false,
    missing: recordsAt(snapshot, 'missing', 'missing').map(decodeMissing),
    problems: recordsAt(snapshot, 'problems', 'problems').map(decodeProblem),
    ...decodePassedOver(snapshot),
    objects: recordsAt(snapshot, 'items', 'items').map((item, index) => decodeItem(item, `items[${index}]`, decode)),
  }));
}

function decodeMissing(entry: JsonRecord, index: number): Missing {
  const path = `missing[${index}]`;
  return { kind: textAt(entry, 'kind', `${path}.kind`) ?? '', reason: textAt(entry, 'reason', `${path}.reason`) ?? '' };
}

/** What earlier versions do not tell. */
function decodePassedOver(snapshot: JsonRecord): Pick<FoundSnapshot, 'passedOver'> {
  if (snapshot['passedOver'] === undefined || snapshot['passedOver'] === null) return {};
  const told = recordAt(snapshot, 'passedOver', 'passedOver');
  const kinds = Object.entries(recordAt(told, 'kinds', 'passedOver.kinds')).map(([kind, count]) => [kind, countOf(count)] as const);
  return { passedOver: { documents: countOf(told['documents']), kinds: Object.fromEntries(kinds) } };
}

function countOf(value: unknown): number {
  return typeof value === 'number' && value >= 0 ? value : 0;
}

function decodeProblem(entry: JsonRecord, index: number): PosternError {
  const path = `problems[${index}]`;
  const mend = textAt(entry, 'mend', `${path}.mend`);
  const at = recordAt(entry, 'at', `${path}.at`);
  const object = textAt(at, 'object', `${path}.at.object`);
  const field = textAt(at, 'field', `${path}.at.field`);
  return new PosternError(textAt(entry, 'code', `${path}.code`) ?? '', textAt(entry, 'message', `${path}.message`) ?? '', {
    at: { ...decodePlace(at, `${path}.at`), ...(object === undefined ? {} : { object }), ...(field === undefined ? {} : { field }) },
    ...(mend === undefined ? {} : { mend }),
  });
}

function decodeItem(item: JsonRecord, path: string, decode: ObjectDecoder<AuditObject>): PlacedObject<AuditObject> {
  const place = decodePlace(recordAt(item, 'at', `${path}.at`), `${path}.at`);
  const object =
    'route' in item ? decodeRoute(recordAt(item, 'route', `${path}.route`), `${path}.route`) : decodeManifest(item, path, decode);
  const at: Location = { ...place, object: titleOf(object) };
  return { object: object.kind === 'NetworkPolicy' ? { ...object, locate: (field) => ({ ...at, field }) } : object, at };
}

function decodeManifest(item: JsonRecord, path: string, decode: ObjectDecoder<AuditObject>): Exclude<AuditObject, FoundSnapshot> {
  let object: AuditObject | undefined;
  try {
    object = decode(item['object']);
  } catch (cause) {
    if (!(cause instanceof PosternError)) throw cause;
    const { field } = cause.at;
    throw fieldError(
      `${path}.object${field === undefined ? '' : `.${field}`}`,
      cause.message,
      cause.mend ?? 'take the snapshot again',
      cause,
    );
  }
  if (object !== undefined && object.kind !== 'FoundSnapshot') return object;
  throw fieldError(`${path}.object`, 'it is of no kind that a snapshot holds', 'take the snapshot again');
}

function decodePlace(at: JsonRecord, path: string): Location {
  const file = textAt(at, 'file', `${path}.file`);
  const { line, column } = at;
  return {
    ...(file === undefined ? {} : { file }),
    ...(typeof line === 'number' ? { line } : {}),
    ...(typeof column === 'number' ? { column } : {}),
  };
}

function decodeRoute(route: JsonRecord, path: string): FoundRoute {
  const text = (key: string): string => {
    const value = textAt(route, key, `${path}.${key}`);
    if (value === undefined) throw fieldError(`${path}.${key}`, 'it is missing', 'take the snapshot again');
    return value;
  };
  return {
    kind: 'FoundRoute',
    route: {
      kind: text('kind'),
      namespace: text('namespace'),
      name: text('name'),
      through: textsAt(route, 'through', `${path}.through`),
      hosts: textsAt(route, 'hosts', `${path}.hosts`),
      backends: recordsAt(route, 'backends', `${path}.backends`).map((entry, index) => decodeBackend(entry, `${path}.backends[${index}]`)),
    },
  };
}

function decodeBackend(entry: JsonRecord, path: string): Route['backends'][number] {
  const { port } = entry;
  return {
    namespace: textAt(entry, 'namespace', `${path}.namespace`) ?? '',
    service: textAt(entry, 'service', `${path}.service`) ?? '',
    port: typeof port === 'number' || typeof port === 'string' ? port : '',
    field: textAt(entry, 'field', `${path}.field`) ?? '',
  };
}
