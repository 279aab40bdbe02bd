/** Finds what is reachable from outside: through Services, routes and host ports, by the pods' own addresses, and by pods that do not exist yet. */

import type { Service } from '../../model/objects.ts';
import { PROTOCOL_NUMBER, type Protocol } from '../../model/verdict.ts';
import { hasPort, isEmptyPorts, portsKey } from '../../policy/ports.ts';
import { describePlace } from '../describe-place.ts';
import { describePorts } from '../describe-rule.ts';
import type { AuditInput, NamedNetwork, Route, Workload } from '../input/audit-input.ts';
import { AuditModel, type AuditModelOptions, type PodClass } from '../model/audit-model.ts';
import { listOutside, type OutsideNetwork } from '../model/outside.ts';
import { Reach } from '../model/reach.ts';
import { workloadId } from '../model/workload-id.ts';
import { addHypothetical, imagineWorkloads } from '../universe/hypothetical-workloads.ts';
import { backendsOf, backendsOfRoute } from './backends.ts';
import { controllersOf } from './controllers.ts';
import type { ExposureReport, Way, WorkloadExposure } from './exposure-report.ts';
import { describeNewcomer, listNewcomers, whoMayCome, type Newcomer } from './newcomers.ts';

export interface ExposureOptions extends AuditModelOptions {
  readonly networks?: readonly NamedNetwork[];
}

/** One way in, before it is known whether policies let anybody through. */
interface Entry {
  readonly via: string;
  readonly place: string;
  readonly pods: PodClass;
  readonly protocol: Protocol;
  /** The pod's. */
  readonly port: number;
  /** Controllers' pods that it comes through; none: whose these are the input does not tell. Undefined: clients come by themselves. */
  readonly through?: readonly PodClass[];
}

interface Parts {
  readonly model: AuditModel;
  readonly reach: Reach;
  readonly outside: readonly OutsideNetwork[];
  readonly newcomers: readonly Newcomer[];
}

export function makeExposure(input: AuditInput, options: ExposureOptions = {}): ExposureReport {
  const imagined = imagineWorkloads([input]);
  const model = new AuditModel(addHypothetical(input, imagined), options);
  const parts: Parts = {
    model,
    reach: new Reach(model),
    outside: listOutside(model, options.networks),
    newcomers: listNewcomers(model, imagined),
  };
  const entries = Map.groupBy([...listEntries(model, input)], ({ pods }) => pods.workload);
  return {
    input: input.name,
    workloads: input.workloads
      .filter(({ hostNetwork }) => !hostNetwork)
      .map((workload) => expose(parts, workload, entries.get(workload) ?? [])),
    incomplete: imagined.cut ? ['selectors have too many combinations: of the pods that may come only some were asked'] : [],
  };
}

function expose(parts: Parts, workload: Workload, entries: readonly Entry[]): WorkloadExposure {
  const judged = entries.map((entry) => ({ entry, from: whoComes(parts, entry) }));
  const open = judged.filter(({ from }) => from.length > 0);
  return {
    workload: workloadId(workload),
    ways: [
      ...open.map(({ entry: { via, place, port, protocol }, from }): Way => ({ via, from, ports: `${port}/${protocol}`, place })),
      ...byAddress(parts, workload),
    ],
    closed: judged
      .filter(({ from }) => from.length === 0)
      .map(({ entry: { via, place, port, protocol } }) => ({ via, place, port: `${port}/${protocol}` })),
    ...whoMayCome(parts.model, parts.reach, parts.newcomers, workload),
  };
}

function whoComes({ reach, outside, newcomers }: Parts, { pods, protocol, port, through }: Entry): string[] {
  const number = PROTOCOL_NUMBER[protocol];
  const reaches = (controller: PodClass): boolean => hasPort(reach.between(controller, pods), number, port);
  if (through !== undefined && through.length > 0) return through.filter(reaches).map(({ workload }) => workloadId(workload));
  const networks = outside.filter(({ identity }) => hasPort(reach.with('ingress', pods, identity), number, port)).map(({ name }) => name);
  if (through === undefined || networks.length > 0) return networks;
  // A controller that is not in the input may be any pod of another namespace.
  const controller = newcomers.find((one) => one.pods.workload.namespace !== pods.workload.namespace && reaches(one.pods));
  return controller === undefined ? [] : [`a controller that is ${describeNewcomer(controller)}`];
}

/** Where pods' addresses can be reached from outside (flat networks), nothing but policies is in the way. */
function byAddress({ model, reach, outside }: Parts, workload: Workload): Way[] {
  const ways = new Map<string, { ports: string; from: Set<string> }>();
  for (const one of model.classesOf(workload)) {
    for (const { name, identity } of outside) {
      const ports = reach.with('ingress', one, identity);
      if (isEmptyPorts(ports)) continue;
      const way = ways.get(portsKey(ports)) ?? { ports: describePorts(ports), from: new Set<string>() };
      ways.set(portsKey(ports), way);
      way.from.add(name);
    }
  }
  return [...ways.values()].map(({ ports, from }) => ({ via: 'pod address', from: [...from], ports, place: '' }));
}

function* listEntries(model: AuditModel, input: AuditInput): Generator<Entry> {
  for (const { object, at } of model.services.values()) yield* throughService(model, object, describePlace(at));
  for (const route of input.routes) yield* throughRoute(model, route);
  for (const pods of model.classes) {
    for (const { hostPort, port, protocol } of pods.pod.ports)
      if (hostPort !== undefined) yield { via: `host port ${hostPort}`, place: describePlace(pods.workload.at), pods, protocol, port };
  }
}

function* throughService(model: AuditModel, service: Service, place: string): Generator<Entry> {
  const { namespace, name, type, externalIPs } = service;
  const isOutside = type === 'NodePort' || type === 'LoadBalancer' || externalIPs.length > 0;
  if (!isOutside) return;
  for (const own of service.ports) {
    for (const { pods, protocol, port } of backendsOf(model, service, own.port)) {
      if (port === undefined || protocol !== own.protocol) continue;
      const via =
        type === 'NodePort'
          ? `NodePort ${namespace}/${name}:${own.nodePort ?? own.port}`
          : `${type === 'LoadBalancer' ? type : 'external address'} ${namespace}/${name}:${own.port}`;
      yield { via, place, pods, protocol, port };
    }
  }
}

/** By its controller's pods; where the input shows none, by anybody outside, or by pods that may be its controller's. A controller on the host's network is a node, and comes by its address. */
function* throughRoute(model: AuditModel, route: Route): Generator<Entry> {
  const { kind, namespace, name, hosts } = route;
  const controllers = controllersOf(model, route).filter(({ pod }) => !pod.hostNetwork);
  for (const backend of route.backends) {
    const service = model.services.get(`${backend.namespace}/${backend.service}`)?.object;
    if (service === undefined) continue;
    for (const { pods, protocol, port } of backendsOfRoute(model, route, service, backend.port)) {
      if (port === undefined) continue;
      const via = `${kind} ${namespace}/${name}${hosts.length === 0 ? '' : ` (${hosts.join(', ')})`}`;
      yield { via, place: describePlace(route.at), pods, protocol, port, through: controllers };
    }
  }
}
