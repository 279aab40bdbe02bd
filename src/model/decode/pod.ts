/** A Pod of the API (core/v1) cut down to what policy needs: where it runs, its addresses, labels and named ports. */

import type { Address } from '../ip.ts';
import type { ContainerPort, Pod, PodPhase } from '../objects.ts';
import { choiceAt, decodeAddress, fieldError, flagAt, portAt, protocolAt, recordAt, recordsAt, textAt, timeAt } from './fields.ts';
import type { JsonRecord } from './fields.ts';
import { decodeMetadata, decodeNamed } from './metadata.ts';

const PHASES: readonly PodPhase[] = ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'];

/** `E_OBJECT_FIELD` with the object and the field. */
export function decodePod(value: unknown): Pod {
  return decodeNamed('Pod', value, (object) => {
    const { namespace, name, uid, labels, annotations, terminating } = decodeMetadata('Pod', object);
    const spec = recordAt(object, 'spec', 'spec');
    const status = recordAt(object, 'status', 'status');
    const addresses = decodePodAddresses(status);
    const nodeName = textAt(spec, 'nodeName', 'spec.nodeName');
    const startedAt = timeAt(status, 'startTime', 'status.startTime');
    return {
      kind: 'Pod',
      namespace,
      name,
      uid,
      labels,
      annotations,
      ...(nodeName === undefined ? {} : { nodeName }),
      hostNetwork: flagAt(spec, 'hostNetwork', 'spec.hostNetwork') ?? false,
      addresses,
      ports: decodePodPorts(spec),
      phase: choiceAt(status, 'phase', 'status.phase', PHASES) ?? (addresses.length > 0 ? 'Running' : 'Pending'),
      ...(startedAt === undefined ? {} : { startedAt }),
      terminating,
    };
  });
}

/** `podIPs` where it lists any, else `podIP`: the API server keeps the first of the former equal to the latter. */
function decodePodAddresses(status: JsonRecord): readonly Address[] {
  const addresses: Address[] = [];
  for (const [index, entry] of recordsAt(status, 'podIPs', 'status.podIPs').entries()) {
    const path = `status.podIPs[${index}].ip`;
    const text = textAt(entry, 'ip', path);
    if (text === undefined) continue;
    const address = decodeAddress(text, path);
    if (!addresses.includes(address)) addresses.push(address);
  }
  if (addresses.length > 0) return addresses;
  const text = textAt(status, 'podIP', 'status.podIP');
  return text === undefined ? addresses : [decodeAddress(text, 'status.podIP')];
}

/** Containers first, then native sidecars: the order in which Services look a port name up. `path` is that of `spec`, a pod's or a template's. */
export function decodePodPorts(spec: JsonRecord, path = 'spec'): readonly ContainerPort[] {
  const ports: ContainerPort[] = [];
  for (const [index, container] of recordsAt(spec, 'containers', `${path}.containers`).entries()) {
    readContainerPorts(container, `${path}.containers[${index}]`, ports);
  }
  for (const [index, container] of recordsAt(spec, 'initContainers', `${path}.initContainers`).entries()) {
    const place = `${path}.initContainers[${index}]`;
    if (textAt(container, 'restartPolicy', `${place}.restartPolicy`) === 'Always') readContainerPorts(container, place, ports);
  }
  return ports;
}

function readContainerPorts(container: JsonRecord, path: string, into: ContainerPort[]): void {
  for (const [index, entry] of recordsAt(container, 'ports', `${path}.ports`).entries()) {
    const place = `${path}.ports[${index}]`;
    const port = portAt(entry, 'containerPort', `${place}.containerPort`);
    if (port === undefined) throw fieldError(`${place}.containerPort`, 'the port has no number', 'give its containerPort');
    const name = textAt(entry, 'name', `${place}.name`);
    // Go writes 0 where there is none.
    const hostPort = entry['hostPort'] === 0 ? undefined : portAt(entry, 'hostPort', `${place}.hostPort`);
    into.push({
      ...(name === undefined ? {} : { name }),
      protocol: protocolAt(entry, `${place}.protocol`),
      port,
      ...(hostPort === undefined ? {} : { hostPort }),
    });
  }
}
