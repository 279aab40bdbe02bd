/** Ports of rules: entries that mean something else than they seem to, and names and numbers that no destination has. */

import type { Service, ServicePort } from '../../model/objects.ts';
import type { Rule } from '../../policy/policy.ts';
import { resolvePortName } from '../../policy/ruleset.ts';
import { matchesSelector } from '../../policy/selector.ts';
import type { Direction, Protocol } from '../../model/verdict.ts';
import type { Workload } from '../input/audit-input.ts';
import { listSome } from '../list-some.ts';
import type { AuditModel, AuditPolicy } from '../model/audit-model.ts';
import { isEverything } from '../describe-rule.ts';
import { listPorts, portField } from './fields.ts';
import { nameWorkload } from './isolation.ts';
import { policyYaml } from './policy-yaml.ts';
import type { Check, CheckContext, Sighting } from './check.ts';

const WEB = `apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, labels: { app: web } }
spec:
  containers: [{ name: web, image: example/web, ports: [{ name: http, containerPort: 8080 }] }]`;
const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: http }] }`;
const ingress = (ports: string): string => policyYaml(`podSelector: { matchLabels: { app: web } }\ningress: [{ ports: ${ports} }]`);

export const PORTS: readonly Check[] = [
  {
    id: 'PN015',
    name: 'empty-port-means-tcp',
    severity: 'warning',
    summary: 'A port entry without a port allows TCP alone',
    why: 'An entry that gives no port allows every port, but of one protocol: TCP where it gives none. UDP, and with it name resolution, and ICMP are not allowed by it.',
    mend: 'leave the ports out to allow everything, or add an entry for each protocol that is meant',
    bad: ingress('[{}]'),
    good: ingress('[{ protocol: TCP, port: 8080 }]'),
    run: findEmptyPorts,
  },
  {
    id: 'PN016',
    name: 'port-name-unknown',
    severity: 'warning',
    summary: 'A named port that no destination pod has',
    why: 'A port name stands for the container port of that name and protocol on the destination pod. A pod without one gets nothing by it.',
    mend: 'name the port in the container, with the same protocol, or give its number',
    bad: `${WEB}\n---\n${ingress('[{ port: web }]')}`,
    good: `${WEB}\n---\n${ingress('[{ port: http }]')}`,
    run: findUnknownNames,
  },
  {
    id: 'PN017',
    name: 'port-name-differs',
    severity: 'note',
    summary: 'A named port has different numbers at different pods',
    why: 'Each destination pod is reached on its own number. That is what the API means, but some plugins take one number for all, and readers do, too.',
    mend: 'give the port the same number everywhere, or check that each number is meant',
    bad: `${WEB}\n---\n${WEB.replace('name: web,', 'name: web2,').replace('8080', '9090')}\n---\n${ingress('[{ port: http }]')}`,
    good: `${WEB}\n---\n${ingress('[{ port: http }]')}`,
    run: findDifferentNumbers,
  },
  {
    id: 'PN018',
    name: 'service-port-used',
    severity: 'warning',
    summary: 'A rule gives a Service’s port where the pod’s is meant',
    why: 'Policies see connections to a Service with the pod’s address and port: the rule must give the targetPort. By the Service’s own port nothing gets through.',
    mend: 'give the port at which the container listens',
    bad: `${WEB}\n---\n${SERVICE}\n---\n${ingress('[{ port: 80 }]')}`,
    good: `${WEB}\n---\n${SERVICE}\n---\n${ingress('[{ port: 8080 }]')}`,
    run: findServicePorts,
  },
  {
    id: 'PN019',
    name: 'range-of-one-port',
    severity: 'note',
    summary: 'An endPort equal to its port makes a range of one',
    why: 'The entry allows one port. Where a range was meant, the rest of it is closed.',
    mend: 'leave endPort out, or give the last port of the range',
    bad: ingress('[{ port: 8080, endPort: 8080 }]'),
    good: ingress('[{ port: 8080, endPort: 8090 }]'),
    run: findShortRanges,
  },
  {
    id: 'PN027',
    name: 'port-name-twice',
    severity: 'warning',
    summary: 'A workload has one port name twice with different numbers',
    why: 'Two containers of a pod give one name and protocol to different ports. A policy that names it means the first in the order of the containers, as Services do; other plugins may take the other.',
    mend: 'give the ports different names',
    bad: WEB.replace('containerPort: 8080 }', 'containerPort: 8080 }, { name: http, containerPort: 9090 }'),
    good: WEB,
    run: findDoubleNames,
  },
];

function* findEmptyPorts({ model }: CheckContext): Generator<Sighting> {
  for (const entry of model.policies.values()) {
    for (const { direction, rule, index, port } of listPorts(entry)) {
      const raw = rawPort(entry, direction, rule, index);
      if (!('first' in port) || raw['port'] !== undefined || raw['protocol'] !== undefined) continue;
      if (rule.ports?.some((other) => 'first' in other && other.protocol === 'UDP') === true) continue;
      yield {
        message: 'an entry without port and protocol allows all TCP ports, and nothing of UDP',
        at: entry.place(portField(direction, rule, index)),
      };
    }
  }
}

function* findUnknownNames({ model }: CheckContext): Generator<Sighting> {
  for (const { entry, direction, rule, index, port } of listNamed(model)) {
    const destinations = destinationsOf(model, entry, direction, rule);
    if (destinations.length === 0) continue;
    const without = destinations.filter((workload) => resolvePortName(workload.ports, port) === undefined);
    if (without.length === 0) continue;
    const all = without.length === destinations.length;
    // Among destinations of all kinds a name is for those that have it.
    if (!all && (direction === 'egress' || entry.policy.subject === undefined || isEverything(entry.policy.subject))) continue;
    const other = without.flatMap(({ ports }) => ports).find(({ name }) => name === port.name);
    const hint = other === undefined ? '' : `; there it is ${other.protocol}`;
    const who = without[0] === undefined ? '' : nameWorkload(without[0]);
    const more = without.length > 1 ? ` and ${without.length - 1} more` : '';
    yield {
      message: `${who}${more} ha${without.length > 1 ? 've' : 's'} no ${port.protocol} port named ${port.name}${hint}`,
      at: entry.place(portField(direction, rule, index)),
      related: without.slice(0, 3).map((workload) => ({ message: 'a destination without it', at: workload.at })),
      key: `${port.protocol}/${port.name}`,
    };
  }
}

function* findDifferentNumbers({ model }: CheckContext): Generator<Sighting> {
  for (const { entry, direction, rule, index, port } of listNamed(model)) {
    const numbers = new Map<number, Workload>();
    for (const workload of destinationsOf(model, entry, direction, rule)) {
      const number = resolvePortName(workload.ports, port);
      if (number !== undefined && !numbers.has(number)) numbers.set(number, workload);
    }
    if (numbers.size < 2) continue;
    const words = [...numbers].map(([number, workload]) => `${number} at ${nameWorkload(workload)}`);
    yield {
      message: `${port.name} is ${listSome(words, 4)}`,
      at: entry.place(portField(direction, rule, index)),
      related: [...numbers.values()].slice(0, 4).map((workload) => ({ message: 'a destination', at: workload.at })),
      key: `${port.protocol}/${port.name}`,
    };
  }
}

/** No destination has the number among its container ports, and a Service of theirs leads from it to another one, and none to it. */
function* findServicePorts({ model }: CheckContext): Generator<Sighting> {
  for (const entry of model.policies.values()) {
    for (const { direction, rule, index, port } of listPorts(entry)) {
      if (!('first' in port) || port.first !== port.last) continue;
      const { first, protocol } = port;
      const destinations = destinationsOf(model, entry, direction, rule);
      if (
        destinations.length === 0 ||
        destinations.some(({ ports }) => ports.some((one) => one.protocol === protocol && one.port === first))
      )
        continue;
      const found = findLeadingAway(model, destinations, protocol, first);
      if (found === undefined) continue;
      yield {
        message: `${first}/${protocol} is the ${found.word} of Service ${found.service.namespace}/${found.service.name}; its pods listen at ${found.ports.join(', ')}`,
        at: entry.place(portField(direction, rule, index)),
        related: [{ message: 'the Service', at: found.at }],
        key: `${first}/${protocol}`,
      };
    }
  }
}

/** Pods may listen at ports that they do not list: where a Service leads to the number itself, it is meant. */
function findLeadingAway(model: AuditModel, destinations: readonly Workload[], protocol: Protocol, number: number) {
  const leading = [...model.services.values()].flatMap(({ object: service, at }) => {
    const asked = service.ports.filter((port) => port.protocol === protocol && (port.port === number || port.nodePort === number));
    if (asked.length === 0) return [];
    const behind = destinations.filter((workload) => isBehind(service, workload));
    return asked.map((port) => ({ service, at, word: port.port === number ? 'port' : 'node port', targets: targetsOf(port, behind) }));
  });
  if (leading.some(({ targets }) => targets.includes(number))) return undefined;
  const found = leading.find(({ targets }) => targets.length > 0);
  return found && { ...found, ports: found.targets.slice(0, 5).map((target) => `${target}/${protocol}`) };
}

function targetsOf({ port, protocol, targetPort = port }: ServicePort, workloads: readonly Workload[]): number[] {
  const targets = workloads.flatMap(({ ports }) =>
    typeof targetPort === 'number' ? targetPort : (resolvePortName(ports, { protocol, name: targetPort }) ?? []),
  );
  return [...new Set(targets)];
}

function isBehind({ namespace, selector }: Service, workload: Workload): boolean {
  return (
    workload.namespace === namespace && Object.keys(selector).length > 0 && matchesSelector({ matchLabels: selector }, workload.labels)
  );
}

function* findShortRanges({ model }: CheckContext): Generator<Sighting> {
  for (const entry of model.policies.values()) {
    for (const { direction, rule, index, port } of listPorts(entry)) {
      const endPort = rawPort(entry, direction, rule, index)['endPort'];
      if (!('first' in port) || endPort !== port.first) continue;
      yield {
        message: `port ${port.first} with endPort ${port.last} allows one port`,
        at: entry.place(`${portField(direction, rule, index)}.endPort`),
      };
    }
  }
}

function* findDoubleNames({ model }: CheckContext): Generator<Sighting> {
  for (const workload of model.input.workloads) {
    const first = new Map<string, number>();
    const told = new Set<string>();
    for (const { name, protocol, port } of workload.ports) {
      if (name === undefined) continue;
      const key = `${name}/${protocol}`;
      const known = first.get(key);
      if (known === undefined) first.set(key, port);
      else if (known !== port && !told.has(key)) {
        told.add(key);
        yield {
          message: `${nameWorkload(workload)} has the port name ${name} at ${known} and at ${port}: policies mean ${known}`,
          at: workload.at,
          key,
        };
      }
    }
  }
}

function* listNamed(model: AuditModel) {
  for (const entry of model.policies.values()) {
    for (const { direction, rule, index, port } of listPorts(entry)) if ('name' in port) yield { entry, direction, rule, index, port };
  }
}

/** Workloads at which the rule's ports are looked up: the policy's own for ingress, the peers for egress. */
function destinationsOf(model: AuditModel, { policy }: AuditPolicy, direction: Direction, rule: Rule): Workload[] {
  const { subject, namespace } = policy;
  const isOwn = ({ hostNetwork }: Workload): boolean => !hostNetwork;
  if (direction === 'ingress') return subject === undefined ? [] : model.workloadIndex.inNamespace(namespace, subject).filter(isOwn);
  // Any peer is any pod, and names are then for those that have them.
  const peers = (rule.peers ?? []).filter((peer) => peer.kind === 'pods');
  return model.workloadIndex.takenBy(peers).filter(isOwn);
}

function rawPort({ object }: AuditPolicy, direction: Direction, { index }: Rule, at: number): Readonly<Record<string, unknown>> {
  const rules = (object.spec as Readonly<Record<string, readonly { ports?: readonly Readonly<Record<string, unknown>>[] }[]>>)[direction];
  return rules?.[index]?.ports?.[at] ?? {};
}
