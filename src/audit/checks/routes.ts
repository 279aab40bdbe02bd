/** Ingresses and routes whose backends do not let their controllers in. */

import { hasPort } from '../../policy/ports.ts';
import { DIRECTIONS, PROTOCOL_NUMBER, type Direction } from '../../model/verdict.ts';
import { backendsOfRoute, type Backend } from '../exposure/backends.ts';
import { controllersOf } from '../exposure/controllers.ts';
import type { Route } from '../input/audit-input.ts';
import type { Related } from '../finding.ts';
import type { AuditModel, AuditPolicy, PodClass } from '../model/audit-model.ts';
import type { Reach } from '../model/reach.ts';
import { nameWorkload } from './isolation.ts';
import { policyYaml } from './policy-yaml.ts';
import type { Check, CheckContext, Sighting } from './check.ts';

const SHOP = `apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, labels: { app: web } }
spec: { containers: [{ name: web, image: example/web, ports: [{ containerPort: 8080 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop }
spec: { defaultBackend: { service: { name: web, port: { number: 80 } } } }
---
apiVersion: v1
kind: Pod
metadata: { name: controller, namespace: ingress-nginx, labels: { app.kubernetes.io/name: ingress-nginx } }
spec: { containers: [{ name: controller, image: example/controller }] }`;

export const ROUTES: readonly Check[] = [
  {
    id: 'PN028',
    name: 'route-backend-blocked',
    severity: 'warning',
    summary: 'The controller of an Ingress or route cannot reach its backend',
    why: 'Clients come to the controller’s pods, and those connect to the backend’s pods at the pods’ ports. Where policies deny that, clients get errors or timeouts.',
    mend: 'allow ingress to the backend from the controller’s pods, on the pod’s port',
    bad: `${SHOP}\n---\n${policyYaml('podSelector: { matchLabels: { app: web } }\ningress: [{ from: [{ podSelector: {} }] }]')}`,
    good: `${SHOP}\n---\n${policyYaml(
      'podSelector: { matchLabels: { app: web } }\ningress: [{ from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: ingress-nginx } } }], ports: [{ port: 8080 }] }]',
    )}`,
    run: findBlockedRoutes,
  },
];

function* findBlockedRoutes({ model, reach }: CheckContext): Generator<Sighting> {
  for (const route of model.input.routes) {
    const controllers = controllersOf(model, route).filter(({ pod }) => !pod.hostNetwork);
    if (controllers.length === 0) continue;
    for (const { namespace, service, port, field } of route.backends) {
      const found = model.services.get(`${namespace}/${service}`);
      if (found === undefined) continue;
      for (const backend of backendsOfRoute(model, route, found.object, port)) {
        const [blocked] = controllers.filter((controller) => !reaches(reach, controller, backend));
        if (blocked === undefined || backend.pods.pod.hostNetwork) continue;
        yield describe(model, route, field, backend, blocked, denyingSides(reach, blocked, backend));
      }
    }
  }
}

function reaches(reach: Reach, controller: PodClass, { pods, protocol, port }: Backend): boolean {
  // A name that the pod lacks is no policy's fault.
  return port === undefined || hasPort(reach.between(controller, pods), PROTOCOL_NUMBER[protocol], port);
}

/** Each of which denies it by itself. */
function denyingSides(reach: Reach, controller: PodClass, { pods, protocol, port }: Backend): readonly Direction[] {
  return DIRECTIONS.filter((direction) => {
    const [own, peer] = direction === 'egress' ? [controller, pods] : [pods, controller];
    return !peer.pod.addresses.some(
      (address) => port !== undefined && hasPort(reach.side(direction, own, address), PROTOCOL_NUMBER[protocol], port),
    );
  });
}

const TO_ALLOW: Readonly<Record<Direction, string>> = {
  ingress: 'allow ingress to the backend from the controller’s pods, on the pod’s port',
  egress: 'allow egress from the controller’s pods to the backend, on the pod’s port',
};

function describe(
  model: AuditModel,
  { kind, namespace, name, at, locate }: Route,
  field: string,
  { pods, protocol, port }: Backend,
  controller: PodClass,
  sides: readonly Direction[],
): Sighting {
  const isolating = sides.flatMap((direction) => {
    const message = direction === 'ingress' ? 'isolates the backend' : 'isolates the controller';
    const policies = model.isolating(direction === 'ingress' ? pods : controller, direction).slice(0, 3);
    return policies.flatMap(({ key }) => mapEntry(model.policies.get(key), message));
  });
  const [from, to] = [controller, pods].map(({ workload }) => nameWorkload(workload));
  return {
    message: `${kind} ${namespace}/${name} leads to ${to} on ${port}/${protocol}, which ${from} cannot reach`,
    at: { ...at, ...locate?.(field), object: `${kind} ${namespace}/${name}`, field },
    related: isolating,
    key: nameWorkload(pods.workload),
    ...(sides.length === 0 ? {} : { mend: sides.map((side) => TO_ALLOW[side]).join(', and ') }),
  };
}

function mapEntry(entry: AuditPolicy | undefined, message: string): Related[] {
  return entry === undefined ? [] : [{ message, at: entry.place() }];
}
