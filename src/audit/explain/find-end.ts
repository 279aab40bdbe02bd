/** What an end of a question means: pods of a workload, one pod, the backends of a Service, or an address outside. */

import { formatAddress, parseAddress, type Address } from '../../model/ip.ts';
import { PosternError } from '../../model/error.ts';
import type { Service } from '../../model/objects.ts';
import { nearestName } from '../checks/nearest-name.ts';
import type { WorkloadKind } from '../input/audit-input.ts';
import type { AuditModel, PodClass } from '../model/audit-model.ts';
import { workloadId } from '../model/workload-id.ts';

export type End =
  | { readonly kind: 'pods'; readonly name: string; readonly classes: readonly PodClass[] }
  | { readonly kind: 'service'; readonly name: string; readonly service: Service }
  | { readonly kind: 'address'; readonly name: string; readonly address: Address };

/** As kubectl's users write kinds. */
const KINDS: ReadonlyMap<string, WorkloadKind | 'Service'> = new Map([
  ['deploy', 'Deployment'],
  ['deployment', 'Deployment'],
  ['deployments', 'Deployment'],
  ['sts', 'StatefulSet'],
  ['statefulset', 'StatefulSet'],
  ['ds', 'DaemonSet'],
  ['daemonset', 'DaemonSet'],
  ['rs', 'ReplicaSet'],
  ['replicaset', 'ReplicaSet'],
  ['rc', 'ReplicationController'],
  ['replicationcontroller', 'ReplicationController'],
  ['job', 'Job'],
  ['cj', 'CronJob'],
  ['cronjob', 'CronJob'],
  ['po', 'Pod'],
  ['pod', 'Pod'],
  ['svc', 'Service'],
  ['service', 'Service'],
]);

/**
 * `shop/web`, `shop/Deployment/web`, `deploy/web` (in `namespace`), `shop/svc/web`, an address. A bare `shop/web` is a workload, then a pod, then a
 * Service. `E_AUDIT_END` for what is not there, with the nearest name.
 */
export function findEnd(model: AuditModel, text: string, namespace = 'default'): End {
  const address = readAddress(text);
  if (address !== undefined) return endOfAddress(model, address);
  const parts = text.split('/');
  if (parts.length > 3 || parts.includes('')) throw unknown(model, text);
  const name = parts.at(-1) ?? '';
  const kind = KINDS.get((parts.at(-2) ?? '').toLowerCase());
  const rest = parts.slice(0, kind === undefined ? -1 : -2);
  const end = rest.length > 1 ? undefined : findNamed(model, rest[0] ?? namespace, kind, name);
  // A namespace may be called as a kind is.
  const found = end ?? (parts.length === 2 ? findNamed(model, parts[0] ?? '', undefined, name) : undefined);
  if (found === undefined) throw unknown(model, text);
  return found;
}

function findNamed(model: AuditModel, namespace: string, kind: WorkloadKind | 'Service' | undefined, name: string): End | undefined {
  const here = model.classesIn(namespace);
  if (kind !== 'Service') {
    const workload = here.filter((one) => one.workload.name === name && (kind === undefined || one.workload.kind === kind));
    const pods = workload.length > 0 ? workload : here.filter((one) => (kind ?? 'Pod') === 'Pod' && one.names.includes(name));
    const [first] = pods;
    if (first !== undefined) return { kind: 'pods', name: workloadId(first.workload), classes: pods };
  }
  const service = kind === undefined || kind === 'Service' ? model.services.get(`${namespace}/${name}`) : undefined;
  return service && { kind: 'service', name: `${namespace}/Service/${name}`, service: service.object };
}

/** A pod's or a Service's address means that pod or Service. */
function endOfAddress(model: AuditModel, address: Address): End {
  const one = model.classAt(address);
  if (one !== undefined) return { kind: 'pods', name: workloadId(one.workload), classes: [one] };
  for (const [key, { object }] of model.services)
    if (object.clusterIPs.includes(address)) return { kind: 'service', name: key.replace('/', '/Service/'), service: object };
  return { kind: 'address', name: formatAddress(address), address };
}

function readAddress(text: string): Address | undefined {
  try {
    return parseAddress(text.replace(/^\[(.*)\]$/, '$1'));
  } catch {
    return undefined;
  }
}

function unknown(model: AuditModel, text: string): PosternError {
  const names = [...model.classes.map(({ workload }) => `${workload.namespace}/${workload.name}`), ...model.services.keys()];
  const near = nearestName(text, names);
  return new PosternError('E_AUDIT_END', `nothing in the input is called ${text}${near === undefined ? '' : `; did you mean ${near}?`}`, {
    mend: 'write NAMESPACE/NAME, NAMESPACE/KIND/NAME, or an address',
  });
}
