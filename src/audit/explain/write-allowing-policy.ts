/** Writes the smallest policy that would allow what a side denies, beside what is there: policies add up. */

import { stringify } from 'yaml';
import { formatPrefix, isIPv4, type Address } from '../../model/ip.ts';
import { NAMESPACE_NAME_LABEL, type LabelSelector } from '../../model/labels.ts';
import type { Direction } from '../../model/verdict.ts';
import { matchesSelector } from '../../policy/selector.ts';
import { isGenerated, withoutGenerated } from '../generated-labels.ts';
import type { AuditModel, PodClass } from '../model/audit-model.ts';
import type { AskedPort, Party } from './explain-pair.ts';

/** It reads YAML 1.1, where `on` is a boolean. */
const FOR_KUBECTL = { compat: 'yaml-1.1', aliasDuplicateObjects: false } as const;

export function writeAllowingPolicy(
  model: AuditModel,
  direction: Direction,
  own: PodClass,
  peer: Party,
  port: AskedPort | undefined,
): string {
  const { namespace } = own.workload;
  // Pods that nothing isolates yet would be isolated by it.
  const isOpen = (one: PodClass): boolean => !one.pod.hostNetwork && model.isolating(one, direction).length === 0;
  const rule = {
    [direction === 'ingress' ? 'from' : 'to']: ['pods' in peer ? peerOf(model, namespace, peer.pods) : blockOf(peer.address)],
    ...(port === undefined ? {} : { ports: [{ protocol: port.protocol, port: port.port }] }),
  };
  const policy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: findName(model, namespace, nameOf(direction, own, peer, port)), namespace },
    spec: {
      podSelector: selectPods(model, own, isOpen),
      policyTypes: [direction === 'ingress' ? 'Ingress' : 'Egress'],
      [direction]: [rule],
    },
  };
  return stringify(policy, FOR_KUBECTL);
}

function peerOf(model: AuditModel, namespace: string, peer: PodClass): object {
  const pods = { podSelector: selectPods(model, peer, () => false) };
  return peer.workload.namespace === namespace
    ? pods
    : { namespaceSelector: { matchLabels: { [NAMESPACE_NAME_LABEL]: peer.workload.namespace } }, ...pods };
}

/** By its labels; without any, by those that it has not. `isOther`: who shall not be selected beside it, though it has the same labels and more. */
function selectPods(model: AuditModel, own: PodClass, isOther: (one: PodClass) => boolean): LabelSelector {
  const matchLabels = withoutGenerated(own.workload.labels);
  const hasNone = Object.keys(matchLabels).length === 0;
  let others = model
    .classesIn(own.workload.namespace)
    .filter((one) => one !== own && matchesSelector({ matchLabels }, one.pod.labels) && (hasNone || isOther(one)));
  const keys: string[] = [];
  for (;;) {
    const counts = new Map<string, number>();
    for (const key of others.flatMap(({ pod }) => Object.keys(pod.labels)))
      if (!Object.hasOwn(own.pod.labels, key) && !isGenerated(key)) counts.set(key, (counts.get(key) ?? 0) + 1);
    const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
    if (most === undefined) break;
    const [key] = most;
    keys.push(key);
    others = others.filter(({ pod }) => !Object.hasOwn(pod.labels, key));
  }
  return {
    ...(hasNone && keys.length > 0 ? {} : { matchLabels }),
    ...(keys.length === 0 ? {} : { matchExpressions: keys.map((key) => ({ key, operator: 'DoesNotExist' as const })) }),
  };
}

function blockOf(address: Address): object {
  return { ipBlock: { cidr: formatHost(address) } };
}

/** Objects' names have at most 253 letters, digits, - and . (RFC 1123). */
function nameOf(direction: Direction, { workload }: PodClass, peer: Party, port: AskedPort | undefined): string {
  const other = 'pods' in peer ? peer.pods.workload.name : formatHost(peer.address).replaceAll(/[:/]/g, '-');
  const name = direction === 'ingress' ? `${workload.name}-from-${other}` : `${workload.name}-to-${other}`;
  return `${name}${port === undefined ? '' : `-${port.port}-${port.protocol}`}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]/g, '-')
    .slice(0, 245);
}

/** One that is there would be replaced by it. */
function findName(model: AuditModel, namespace: string, name: string): string {
  let free = name;
  for (let count = 2; model.policies.has(`${namespace}/${free}`); count += 1) free = `${name}-${count}`;
  return free;
}

function formatHost(address: Address): string {
  return formatPrefix({ address, length: 128 }).replace(/^(.*)\/.*$/, isIPv4(address) ? '$1/32' : '$1/128');
}
