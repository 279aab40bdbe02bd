/** The pods behind a Service, and the ports at which they get what comes to it. */

import type { Service, ServicePort } from '../../model/objects.ts';
import type { Protocol } from '../../model/verdict.ts';
import { resolvePortName } from '../../policy/ruleset.ts';
import { matchesSelector } from '../../policy/selector.ts';
import type { Route } from '../input/audit-input.ts';
import type { AuditModel, PodClass } from '../model/audit-model.ts';

export interface Backend {
  readonly pods: PodClass;
  readonly protocol: Protocol;
  /** The pod's; `undefined`: it has no port of the name that the Service gives. */
  readonly port: number | undefined;
}

/** `port` by number or name; all of the Service's without it. None for a Service without a selector: its endpoints are not the cluster's to choose. */
export function backendsOf(model: AuditModel, service: Service, port?: number | string): Backend[] {
  if (Object.keys(service.selector).length === 0) return [];
  const ports = service.ports.filter((one) => port === undefined || one.port === port || one.name === port);
  const behind = model.classes.filter(
    ({ pod }) => pod.namespace === service.namespace && matchesSelector({ matchLabels: service.selector }, pod.labels),
  );
  return ports.flatMap((one) => behind.map((pods) => ({ pods, protocol: one.protocol, port: podPort(one, pods) })));
}

/** Of what a route leads to, what it speaks: a Service may give UDP the same number, for HTTP/3 or DNS. */
export function backendsOfRoute(model: AuditModel, { kind }: Route, service: Service, port: number | string): Backend[] {
  const spoken = kind === 'UDPRoute' ? 'UDP' : 'TCP';
  return backendsOf(model, service, port).filter(({ protocol }) => protocol === spoken);
}

function podPort({ port, protocol, targetPort = port }: ServicePort, { pod }: PodClass): number | undefined {
  return typeof targetPort === 'number' ? targetPort : resolvePortName(pod.ports, { protocol, name: targetPort });
}
