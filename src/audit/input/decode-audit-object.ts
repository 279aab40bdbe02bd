/** Decodes what an audit reads: what the agent reads, workloads and routes; nothing else. */

import { PosternError } from '../../model/error.ts';
import { isRecord, type JsonRecord } from '../../model/decode/fields.ts';
import { decodeMetadata, decodeNamed, nameObject } from '../../model/decode/metadata.ts';
import { decodeObject } from '../../model/decode/object.ts';
import type { ClusterKind } from '../../model/objects.ts';
import type { ObjectDecoder } from '../../manifests/read-objects.ts';
import type { AuditObject, FoundWorkload } from './audit-object.ts';
import { decodeLabels } from './decode-labels.ts';
import { decodeGatewayRoute, decodeIngress, GATEWAY_GROUP, GATEWAY_ROUTES, INGRESS_GROUPS } from './decode-route.ts';
import { decodeOwner, decodeWorkload, WORKLOAD_GROUPS } from './decode-workload.ts';
import { decodeSnapshot, SNAPSHOT_KIND } from './decode-snapshot.ts';

/** What stands for the five letters that the API server puts behind a `generateName`; the second of one kind gets `xxxx2`. */
const GENERATED = 'xxxxx';

interface OtherKind {
  readonly groups: readonly string[];
  readonly decode: (value: JsonRecord) => AuditObject | undefined;
}

const OTHER_KINDS = new Map<string, OtherKind>([
  ...Object.entries(WORKLOAD_GROUPS).map(([kind, groups]): [string, OtherKind] => [
    kind,
    { groups, decode: (value) => decodeWorkload(kind as FoundWorkload['workload'], value) },
  ]),
  ...GATEWAY_ROUTES.map((kind): [string, OtherKind] => [
    kind,
    { groups: [GATEWAY_GROUP], decode: (value) => decodeGatewayRoute(kind, value) },
  ]),
  ['Ingress', { groups: INGRESS_GROUPS, decode: decodeIngress }],
]);

const AGENT_KINDS: ReadonlySet<string> = new Set<ClusterKind>(['Pod', 'Namespace', 'Node', 'NetworkPolicy', 'Service', 'EndpointSlice']);
const CLUSTER_SCOPED: ReadonlySet<unknown> = new Set(['Namespace', 'Node']);

/** `namespace`: of objects that name none. Errors are those of `decodeObject`, and `E_OBJECT_PARTIAL`. */
export function createAuditDecoder(namespace?: string): ObjectDecoder<AuditObject> {
  /** How many of a kind and prefix there are. */
  const generated = new Map<string, number>();
  const decode = (value: unknown): AuditObject | undefined => {
    if (isRecord(value) && value['kind'] === SNAPSHOT_KIND) return decodeSnapshot(value, decode);
    if (!isRecord(value)) return decodeKnown(value);
    const object = fillIn(value, namespace, generated);
    return decodeOther(object) ?? decodeKnown(object);
  };
  return decode;
}

const KIND_LINE = /^[ \t"-]*kind"?:[ \t]*["']?([A-Za-z]+)/gm;

/** Whether a text that cannot be read names a kind that would be, or none at all. */
export function isOfReadKind(text: string): boolean {
  const kinds = Array.from(text.matchAll(KIND_LINE), ([, kind]) => kind ?? '');
  return kinds.length === 0 || kinds.some((kind) => AGENT_KINDS.has(kind) || OTHER_KINDS.has(kind) || kind === 'List');
}

function decodeKnown(object: unknown): AuditObject | undefined {
  const known = decodeObject(object);
  if (known === undefined || !isRecord(object)) return undefined;
  if (known.kind === 'Pod' || known.kind === 'Namespace') {
    decodeNamed(known.kind, object, ({ metadata }) => decodeLabels(isRecord(metadata) ? metadata : {}, 'metadata.labels'));
  }
  if (known.kind === 'Pod') {
    const owner = decodeOwner(object);
    return { kind: 'FoundPod', pod: known, ...(owner === undefined ? {} : { owner }) };
  }
  if (known.kind === 'Namespace') {
    return { kind: 'FoundNamespace', namespace: known, annotations: decodeMetadata('Namespace', object).annotations };
  }
  return known;
}

function decodeOther(object: JsonRecord): AuditObject | undefined {
  const { kind, apiVersion } = object;
  if (typeof kind !== 'string') return undefined;
  const other = OTHER_KINDS.get(kind);
  if (other === undefined) {
    refuseCase(kind, object);
    return undefined;
  }
  if (typeof apiVersion !== 'string') {
    throw new PosternError('E_OBJECT_VERSION', `the ${kind} has no apiVersion`, {
      at: { object: nameObject(kind, object), field: 'apiVersion' },
      mend: 'write its apiVersion',
    });
  }
  const slash = apiVersion.indexOf('/');
  return other.groups.includes(slash < 0 ? '' : apiVersion.slice(0, slash)) ? other.decode(object) : undefined;
}

/** As the API server, which knows `Deployment` alone. */
function refuseCase(kind: string, object: JsonRecord): void {
  const lower = kind.toLowerCase();
  for (const known of OTHER_KINDS.keys()) {
    if (known.toLowerCase() !== lower) continue;
    throw new PosternError('E_OBJECT_KIND', `"${kind}" is not a kind`, {
      at: { object: nameObject(kind, object), field: 'kind' },
      mend: `write ${known}`,
    });
  }
}

/** The namespace that was given for those without one, and a name for those that get theirs from the API server. */
function fillIn(object: JsonRecord, namespace: string | undefined, generated: Map<string, number>): JsonRecord {
  const { kind, metadata } = object;
  if (!isRecord(metadata)) return object;
  const { generateName } = metadata;
  const isNameless = isAbsent(metadata['name']) && typeof generateName === 'string' && generateName !== '';
  const isHomeless = namespace !== undefined && !CLUSTER_SCOPED.has(kind) && isAbsent(metadata['namespace']);
  if (!isNameless && !isHomeless) return object;
  const name = isNameless
    ? { name: generateName + generatedEnding(`${String(kind)} ${String(metadata['namespace'])}/${generateName}`, generated) }
    : {};
  return { ...object, metadata: { ...metadata, ...name, ...(isHomeless ? { namespace } : {}) } };
}

function generatedEnding(key: string, generated: Map<string, number>): string {
  const count = (generated.get(key) ?? 0) + 1;
  generated.set(key, count);
  return count === 1 ? GENERATED : String(count).padStart(GENERATED.length, 'x');
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
