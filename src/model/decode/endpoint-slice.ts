/** An EndpointSlice of the API (discovery.k8s.io/v1): the backends that a Service may choose. */

import type { EndpointSlice, EndpointSlicePort, SliceEndpoint } from '../objects.ts';
import { addressesAt, choiceAt, flagAt, portAt, protocolAt, recordAt, recordsAt, textAt } from './fields.ts';
import type { JsonRecord } from './fields.ts';
import { decodeMetadata, decodeNamed } from './metadata.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name';

/** `E_OBJECT_FIELD` with the object and the field. */
export function decodeEndpointSlice(value: unknown): EndpointSlice {
  return decodeNamed('EndpointSlice', value, (object) => {
    const { namespace, name, labels } = decodeMetadata('EndpointSlice', object);
    const addressType = choiceAt(object, 'addressType', 'addressType', ['IPv4', 'IPv6', 'FQDN']);
    return {
      kind: 'EndpointSlice',
      namespace,
      name,
      service: labels[SERVICE_LABEL] ?? '',
      ports: decodeSlicePorts(object),
      // Host names cannot be a packet's destination.
      endpoints: addressType === 'FQDN' ? [] : recordsAt(object, 'endpoints', 'endpoints').map(decodeEndpoint),
    };
  });
}

/** A port without a number stands for all ports; kube-proxy passes it over, and so does this. */
function decodeSlicePorts(object: JsonRecord): readonly EndpointSlicePort[] {
  const ports: EndpointSlicePort[] = [];
  for (const [index, entry] of recordsAt(object, 'ports', 'ports').entries()) {
    const path = `ports[${index}]`;
    const port = portAt(entry, 'port', `${path}.port`);
    if (port === undefined) continue;
    ports.push({ name: textAt(entry, 'name', `${path}.name`) ?? '', protocol: protocolAt(entry, `${path}.protocol`), port });
  }
  return ports;
}

/** The API's reading of absent conditions: ready, serving as ready, not terminating. */
function decodeEndpoint(entry: JsonRecord, index: number): SliceEndpoint {
  const path = `endpoints[${index}]`;
  const conditions = recordAt(entry, 'conditions', `${path}.conditions`);
  const ready = flagAt(conditions, 'ready', `${path}.conditions.ready`) ?? true;
  const nodeName = textAt(entry, 'nodeName', `${path}.nodeName`);
  return {
    addresses: addressesAt(entry, 'addresses', `${path}.addresses`),
    ready,
    serving: flagAt(conditions, 'serving', `${path}.conditions.serving`) ?? ready,
    terminating: flagAt(conditions, 'terminating', `${path}.conditions.terminating`) ?? false,
    ...(nodeName === undefined ? {} : { nodeName }),
  };
}
