/** Makers of pods (apps, batch, core): the pods that their templates would have. */

import { PosternError } from '../../model/error.ts';
import { flagAt, fieldError, isRecord, recordAt, recordsAt, textAt, type JsonRecord } from '../../model/decode/fields.ts';
import { decodeMetadata, decodeNamed, nameAt } from '../../model/decode/metadata.ts';
import { decodePodPorts } from '../../model/decode/pod.ts';
import type { FoundWorkload, Owner } from './audit-object.ts';
import type { Ordinals } from './audit-input.ts';
import { decodeLabels } from './decode-labels.ts';

type TemplateKind = FoundWorkload['workload'];

/** Versions that were served before have the same shape, as far as it is read. */
export const WORKLOAD_GROUPS: Readonly<Record<TemplateKind, readonly string[]>> = {
  Deployment: ['apps', 'extensions'],
  StatefulSet: ['apps'],
  DaemonSet: ['apps', 'extensions'],
  ReplicaSet: ['apps', 'extensions'],
  ReplicationController: [''],
  Job: ['batch'],
  CronJob: ['batch'],
};

/** `E_OBJECT_FIELD`, or `E_OBJECT_PARTIAL` for a piece of a workload, as kustomize lays it over a whole one. */
export function decodeWorkload(workload: TemplateKind, value: unknown): FoundWorkload {
  return decodeNamed(workload, value, (object) => {
    const { namespace, name, annotations } = decodeMetadata(workload, object);
    const { template, path } = templateOf(workload, object);
    if (template === undefined || isPiece(object, template)) throw pieceError(workload);
    const metadata = recordAt(template, 'metadata', `${path}.metadata`);
    const spec = recordAt(template, 'spec', `${path}.spec`);
    const owner = decodeOwner(object);
    return {
      kind: 'FoundWorkload',
      workload,
      namespace,
      name,
      labels: decodeLabels(metadata, `${path}.metadata.labels`),
      annotations,
      ports: decodePodPorts(spec, `${path}.spec`),
      hostNetwork: flagAt(spec, 'hostNetwork', `${path}.spec.hostNetwork`) ?? false,
      active: isActive(workload, object),
      ...(workload === 'StatefulSet' ? { ordinals: decodeOrdinals(object) } : {}),
      ...(owner === undefined ? {} : { owner }),
    };
  });
}

/** The controller among an object's owners. */
export function decodeOwner(object: JsonRecord): Owner | undefined {
  const metadata = recordAt(object, 'metadata', 'metadata');
  for (const [index, entry] of recordsAt(metadata, 'ownerReferences', 'metadata.ownerReferences').entries()) {
    const path = `metadata.ownerReferences[${index}]`;
    if (flagAt(entry, 'controller', `${path}.controller`) !== true) continue;
    const kind = textAt(entry, 'kind', `${path}.kind`);
    const isWorkload = kind !== undefined && Object.hasOwn(WORKLOAD_GROUPS, kind);
    const name = (isWorkload ? nameAt : textAt)(entry, 'name', `${path}.name`);
    if (kind !== undefined && name !== undefined) return { kind, name };
  }
  return undefined;
}

function templateOf(workload: TemplateKind, object: JsonRecord): { readonly template: JsonRecord | undefined; readonly path: string } {
  const spec = recordAt(object, 'spec', 'spec');
  if (workload !== 'CronJob') return { template: ifGiven(spec, 'template', 'spec.template'), path: 'spec.template' };
  const job = recordAt(recordAt(spec, 'jobTemplate', 'spec.jobTemplate'), 'spec', 'spec.jobTemplate.spec');
  const path = 'spec.jobTemplate.spec.template';
  return { template: ifGiven(job, 'template', path), path };
}

function ifGiven(parent: JsonRecord, key: string, path: string): JsonRecord | undefined {
  return parent[key] === undefined || parent[key] === null ? undefined : recordAt(parent, key, path);
}

/** Whole ones have a selector; in older versions at least labels; in batch containers, and a policy of restarts or labels and images. */
function isPiece(object: JsonRecord, template: JsonRecord): boolean {
  const { spec } = object;
  if (isRecord(spec) && isRecord(spec['selector'])) return false;
  const { metadata, spec: podSpec } = template;
  const isLabelled = isRecord(metadata) && isRecord(metadata['labels']);
  const kind = object['kind'];
  if (kind === 'Job' || kind === 'CronJob') {
    const containers = isRecord(podSpec) && Array.isArray(podSpec['containers']) ? (podSpec['containers'] as unknown[]) : [];
    const haveImages = containers.every((container) => isRecord(container) && container['image'] !== undefined);
    return containers.length === 0 || (isRecord(podSpec) && podSpec['restartPolicy'] === undefined && !(isLabelled && haveImages));
  }
  return !isLabelled;
}

function pieceError(workload: TemplateKind): PosternError {
  return new PosternError('E_OBJECT_PARTIAL', `this is only a piece of a ${workload}: it has no selector or no template`, {
    mend: 'give what kustomize builds: kubectl kustomize DIR | postern audit -',
  });
}

function isActive(workload: TemplateKind, object: JsonRecord): boolean {
  const spec = recordAt(object, 'spec', 'spec');
  const status = recordAt(object, 'status', 'status');
  switch (workload) {
    case 'Job':
      return spec['parallelism'] !== 0 && flagAt(spec, 'suspend', 'spec.suspend') !== true && !hasEnded(status);
    case 'CronJob':
      return flagAt(spec, 'suspend', 'spec.suspend') !== true;
    case 'DaemonSet':
      // Where the controller has looked at it and no node is for it.
      return status['observedGeneration'] === undefined || status['desiredNumberScheduled'] !== 0;
    default:
      return countAt(spec, 'replicas', 'spec.replicas') !== 0;
  }
}

function decodeOrdinals(object: JsonRecord): Ordinals {
  const spec = recordAt(object, 'spec', 'spec');
  const ordinals = recordAt(spec, 'ordinals', 'spec.ordinals');
  return { first: countAt(ordinals, 'start', 'spec.ordinals.start') ?? 0, count: countAt(spec, 'replicas', 'spec.replicas') ?? 1 };
}

function hasEnded(status: JsonRecord): boolean {
  return recordsAt(status, 'conditions', 'status.conditions').some(
    ({ type, status: said }) => (type === 'Complete' || type === 'Failed') && said === 'True',
  );
}

function countAt(parent: JsonRecord, key: string, path: string): number | undefined {
  const value = parent[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw fieldError(path, 'it is not a count', 'write a whole number, without quotes');
}
