/** Ingresses and routes whose backends do not let their controllers in. */

import { hasPort } from '../../policy/ports.ts';
import { PROTOCOL_NUMBER } from '../../model/verdict.ts';
import { backendsOfRoute, type Backend } from '../exposure/backends.ts';
import { controllersOf } from '../exposure/controllers.ts';
import type { Route } from '../input/audit-input.ts';
import type { AuditModel } from '../model/audit-model.ts';
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
        const blocked = controllers.filter((controller) => !reaches(reach, controller, backend));
        if (blocked.length === 0 || backend.pods.pod.hostNetwork) continue;
        yield describe(model, route, field, backend, nameWorkload(blocked[0]!.workload));
      }
    }
  }
}

function reaches(reach: Reach, controller: Backend['pods'], { pods, protocol, port }: Backend): boolean {
  // A name that the pod lacks is no policy's fault.
  return port === undefined || hasPort(reach.between(controller, pods), PROTOCOL_NUMBER[protocol], port);
}

function describe(
  model: AuditModel,
  { kind, namespace, name, at }: Route,
  field: string,
  { pods, protocol, port }: Backend,
  controller: string,
): Sighting {
  const policies = model.isolating(pods, 'ingress').map(({ key }) => model.policies.get(key));
  return {
    message: `${kind} ${namespace}/${name} leads to ${nameWorkload(pods.workload)} on ${port}/${protocol}, which ${controller} cannot reach`,
    at: { ...at, object: `${kind} ${namespace}/${name}`, field },
    related: policies.slice(0, 3).flatMap((entry) => (entry === undefined ? [] : [{ message: 'isolates the backend', at: entry.place() }])),
    key: nameWorkload(pods.workload),
  };
}
