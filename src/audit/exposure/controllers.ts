/** Pods through which Ingresses and routes come in. */

import { matchesSelector } from '../../policy/selector.ts';
import type { Route } from '../input/audit-input.ts';
import type { AuditModel, PodClass } from '../model/audit-model.ts';

/** The Gateway API puts it on what a controller makes for a gateway (GEP-1762). */
const GATEWAY_NAME = 'gateway.networking.k8s.io/gateway-name';
/** `app.kubernetes.io/name`, or `app`, of controllers as their own charts and manifests install them. */
const CONTROLLERS: ReadonlySet<string> = new Set([
  'ingress-nginx',
  'nginx-ingress',
  'nginx-ingress-controller',
  'traefik',
  'haproxy-ingress',
  'kubernetes-ingress',
  'contour',
  'envoy',
  'envoy-gateway',
  'kong',
  'ingress',
  'ingress-kong',
  'emissary-ingress',
  'apisix',
  'istio-ingressgateway',
  'istio-ingress',
  'skipper-ingress',
  'voyager',
  'nginx-gateway-fabric',
]);
const NAME_LABELS = ['app.kubernetes.io/name', 'app', 'k8s-app'];

/** Those of its own gateways where they are known by name, else every controller that the input shows. */
export function controllersOf(model: AuditModel, route: Route): PodClass[] {
  const gateways = new Set(route.kind === 'Ingress' ? [] : route.through.map((name) => name.slice(name.indexOf('/') + 1)));
  const own = model.classes.filter(({ pod }) => gateways.has(pod.labels[GATEWAY_NAME] ?? ''));
  if (own.length > 0) return own;
  return model.classes.filter(({ pod }) => NAME_LABELS.some((key) => CONTROLLERS.has(pod.labels[key] ?? '')) && !isAdmission(pod.labels));
}

/** ingress-nginx has webhooks' pods of the same name. */
function isAdmission(labels: Readonly<Record<string, string>>): boolean {
  return matchesSelector(
    { matchExpressions: [{ key: 'app.kubernetes.io/component', operator: 'In', values: ['admission-webhook'] }] },
    labels,
  );
}
