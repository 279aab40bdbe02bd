/** A Service of the API (core/v1): the addresses and ports that kube-proxy rewrites. */

import type { Address } from '../ip.ts';
import type { Service, ServicePort } from '../objects.ts';
import {
  addressesAt,
  choiceAt,
  decodeAddress,
  fieldError,
  portAt,
  protocolAt,
  recordAt,
  recordsAt,
  textAt,
  textMapAt,
  textsAt,
} from './fields.ts';
import type { JsonRecord } from './fields.ts';
import { decodeMetadata, decodeNamed } from './metadata.ts';

const TYPES: readonly Service['type'][] = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'];
/** What a headless Service has in place of an address. */
const HEADLESS = 'None';

/** `E_OBJECT_FIELD` with the object and the field. */
export function decodeService(value: unknown): Service {
  return decodeNamed('Service', value, (object) => {
    const { namespace, name } = decodeMetadata('Service', object);
    const spec = recordAt(object, 'spec', 'spec');
    return {
      kind: 'Service',
      namespace,
      name,
      type: choiceAt(spec, 'type', 'spec.type', TYPES) ?? 'ClusterIP',
      clusterIPs: decodeClusterIPs(spec),
      externalIPs: addressesAt(spec, 'externalIPs', 'spec.externalIPs'),
      loadBalancerIPs: decodeLoadBalancerIPs(object),
      ports: decodeServicePorts(spec),
      selector: textMapAt(spec, 'selector', 'spec.selector'),
    };
  });
}

function decodeClusterIPs(spec: JsonRecord): readonly Address[] {
  const addresses: Address[] = [];
  for (const [index, text] of textsAt(spec, 'clusterIPs', 'spec.clusterIPs').entries()) {
    if (text !== HEADLESS && text !== '') addresses.push(decodeAddress(text, `spec.clusterIPs[${index}]`));
  }
  if (addresses.length > 0) return addresses;
  const text = textAt(spec, 'clusterIP', 'spec.clusterIP');
  return text === undefined || text === HEADLESS ? addresses : [decodeAddress(text, 'spec.clusterIP')];
}

/** With `ipMode: Proxy` the balancer itself answers at the address, and kube-proxy rewrites nothing. */
function decodeLoadBalancerIPs(object: JsonRecord): readonly Address[] {
  const balancer = recordAt(recordAt(object, 'status', 'status'), 'loadBalancer', 'status.loadBalancer');
  const addresses: Address[] = [];
  for (const [index, entry] of recordsAt(balancer, 'ingress', 'status.loadBalancer.ingress').entries()) {
    const path = `status.loadBalancer.ingress[${index}]`;
    const text = textAt(entry, 'ip', `${path}.ip`);
    if (text === undefined || textAt(entry, 'ipMode', `${path}.ipMode`) === 'Proxy') continue;
    addresses.push(decodeAddress(text, `${path}.ip`));
  }
  return addresses;
}

function decodeServicePorts(spec: JsonRecord): readonly ServicePort[] {
  return recordsAt(spec, 'ports', 'spec.ports').map((entry, index) => {
    const path = `spec.ports[${index}]`;
    const port = portAt(entry, 'port', `${path}.port`);
    if (port === undefined) throw fieldError(`${path}.port`, 'the port has no number', 'give its port');
    // Go writes 0 where none was given out.
    const nodePort = entry['nodePort'] === 0 ? undefined : portAt(entry, 'nodePort', `${path}.nodePort`);
    return {
      name: textAt(entry, 'name', `${path}.name`) ?? '',
      protocol: protocolAt(entry, `${path}.protocol`),
      port,
      ...targetPortOf(entry, `${path}.targetPort`),
      ...(nodePort === undefined ? {} : { nodePort }),
    };
  });
}

function targetPortOf(entry: JsonRecord, path: string): Pick<ServicePort, 'targetPort'> {
  const value = entry['targetPort'];
  // Go writes 0 where none was given.
  if (value === undefined || value === null || value === 0 || value === '') return {};
  if (typeof value === 'string') return { targetPort: value };
  const port = portAt(entry, 'targetPort', path);
  return port === undefined ? {} : { targetPort: port };
}
