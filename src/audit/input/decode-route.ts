/** Ingresses (networking.k8s.io) and the routes of the Gateway API: which Services they lead to, and through which controllers. */

import { isRecord, portAt, recordAt, recordsAt, textAt, textsAt, type JsonRecord } from '../../model/decode/fields.ts';
import { decodeMetadata, decodeNamed } from '../../model/decode/metadata.ts';
import type { FoundRoute } from './audit-object.ts';
import type { Route } from './audit-input.ts';

type Backend = Route['backends'][number];

export const GATEWAY_GROUP = 'gateway.networking.k8s.io';
export const GATEWAY_ROUTES: readonly string[] = ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute'];
export const INGRESS_GROUPS: readonly string[] = ['networking.k8s.io', 'extensions'];

/** Before there were ingress classes. */
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
/** Stands for any host. */
const ANY_HOST = '*';

/** Also of the beta versions, whose backends are written in one line. `E_OBJECT_FIELD`. */
export function decodeIngress(value: unknown): FoundRoute {
  return decodeNamed('Ingress', value, (object) => {
    const { namespace, name } = decodeMetadata('Ingress', object);
    const spec = recordAt(object, 'spec', 'spec');
    const backends: Backend[] = [];
    const hosts = new Set<string>();
    for (const key of ['defaultBackend', 'backend']) {
      const backend = recordAt(spec, key, `spec.${key}`);
      if (addIngressBackend(backend, `spec.${key}`, namespace, backends)) hosts.add(ANY_HOST);
    }
    for (const [index, rule] of recordsAt(spec, 'rules', 'spec.rules').entries()) {
      const path = `spec.rules[${index}]`;
      hosts.add(textAt(rule, 'host', `${path}.host`) ?? ANY_HOST);
      const http = recordAt(rule, 'http', `${path}.http`);
      for (const [at, entry] of recordsAt(http, 'paths', `${path}.http.paths`).entries()) {
        const place = `${path}.http.paths[${at}].backend`;
        addIngressBackend(recordAt(entry, 'backend', place), place, namespace, backends);
      }
    }
    return {
      kind: 'FoundRoute',
      route: { kind: 'Ingress', namespace, name, through: ingressClass(object, spec), hosts: [...hosts], backends },
    };
  });
}

/** Undefined for one that is attached to Services alone, inside of a mesh: it is no way in. `E_OBJECT_FIELD`. */
export function decodeGatewayRoute(kind: string, value: unknown): FoundRoute | undefined {
  return decodeNamed(kind, value, (object) => {
    const { namespace, name } = decodeMetadata(kind, object);
    const spec = recordAt(object, 'spec', 'spec');
    const parents = recordsAt(spec, 'parentRefs', 'spec.parentRefs');
    const through = parents.flatMap((parent, index) => gatewayOf(parent, `spec.parentRefs[${index}]`, namespace) ?? []);
    if (parents.length > 0 && through.length === 0) return undefined;
    const backends: Backend[] = [];
    for (const [index, rule] of recordsAt(spec, 'rules', 'spec.rules').entries())
      readGatewayRule(rule, `spec.rules[${index}]`, namespace, backends);
    const hosts = textsAt(spec, 'hostnames', 'spec.hostnames');
    return {
      kind: 'FoundRoute',
      route: { kind, namespace, name, through: [...new Set(through)], hosts: hosts.length === 0 ? [ANY_HOST] : hosts, backends },
    };
  });
}

function ingressClass(object: JsonRecord, spec: JsonRecord): readonly string[] {
  const annotations = recordAt(recordAt(object, 'metadata', 'metadata'), 'annotations', 'metadata.annotations');
  const said = textAt(spec, 'ingressClassName', 'spec.ingressClassName') ?? annotations[CLASS_ANNOTATION];
  return typeof said === 'string' && said !== '' ? [said] : [];
}

/** False where there is none, or it leads to no Service. */
function addIngressBackend(backend: JsonRecord, path: string, namespace: string, into: Backend[]): boolean {
  const service = recordAt(backend, 'service', `${path}.service`);
  const name = textAt(service, 'name', `${path}.service.name`);
  const port = recordAt(service, 'port', `${path}.service.port`);
  if (name !== undefined) {
    const number = portAt(port, 'number', `${path}.service.port.number`);
    const named = textAt(port, 'name', `${path}.service.port.name`);
    into.push({ namespace, service: name, port: number ?? named ?? '', field: `${path}.service` });
    return true;
  }
  const old = textAt(backend, 'serviceName', `${path}.serviceName`);
  if (old === undefined) return false;
  const oldPort = backend['servicePort'];
  into.push({ namespace, service: old, port: typeof oldPort === 'number' || typeof oldPort === 'string' ? oldPort : '', field: path });
  return true;
}

function gatewayOf(parent: JsonRecord, path: string, namespace: string): string | undefined {
  const kind = textAt(parent, 'kind', `${path}.kind`) ?? 'Gateway';
  const name = textAt(parent, 'name', `${path}.name`);
  if (kind === 'Service' || name === undefined) return undefined;
  return `${textAt(parent, 'namespace', `${path}.namespace`) ?? namespace}/${name}`;
}

/** Where a rule sends traffic, and where it sends a copy of it. */
function readGatewayRule(rule: JsonRecord, path: string, namespace: string, into: Backend[]): void {
  for (const [index, backend] of recordsAt(rule, 'backendRefs', `${path}.backendRefs`).entries()) {
    const place = `${path}.backendRefs[${index}]`;
    addGatewayBackend(backend, place, namespace, into);
    readMirrors(backend, place, namespace, into);
  }
  readMirrors(rule, path, namespace, into);
}

function readMirrors(parent: JsonRecord, path: string, namespace: string, into: Backend[]): void {
  for (const [index, filter] of recordsAt(parent, 'filters', `${path}.filters`).entries()) {
    const place = `${path}.filters[${index}].requestMirror`;
    const mirror = recordAt(filter, 'requestMirror', place);
    if (isRecord(mirror['backendRef'])) addGatewayBackend(mirror['backendRef'], `${place}.backendRef`, namespace, into);
  }
}

function addGatewayBackend(backend: JsonRecord, path: string, namespace: string, into: Backend[]): void {
  const group = textAt(backend, 'group', `${path}.group`) ?? '';
  const kind = textAt(backend, 'kind', `${path}.kind`) ?? 'Service';
  const name = textAt(backend, 'name', `${path}.name`);
  if (group !== '' || kind !== 'Service' || name === undefined) return;
  into.push({
    namespace: textAt(backend, 'namespace', `${path}.namespace`) ?? namespace,
    service: name,
    port: portAt(backend, 'port', `${path}.port`) ?? '',
    field: path,
  });
}
