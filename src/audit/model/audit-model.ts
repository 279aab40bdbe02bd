/** The input of an audit, compiled by the agent's own compiler: what checks, matrix and explanations ask. */

import { Compiler } from '../../compiler/compiler.ts';
import type { Subject } from '../../compiler/subjects.ts';
import type { Location } from '../../model/error.ts';
import { parsePrefix, type Address, type Prefix } from '../../model/ip.ts';
import type { Labels } from '../../model/labels.ts';
import { NAMESPACE_NAME_LABEL } from '../../model/labels.ts';
import {
  objectKey,
  type ClusterObject,
  type Namespace,
  type NetworkPolicyObject,
  type Node,
  type Pod,
  type Service,
} from '../../model/objects.ts';
import type { Direction } from '../../model/verdict.ts';
import { parsePolicy } from '../../policy/parse-policy.ts';
import type { Policy } from '../../policy/policy.ts';
import type { AuditInput, Workload } from '../input/audit-input.ts';
import { PolicyInterests } from './pod-classes.ts';
import { SelectorIndex } from './selector-index.ts';
import { StandInAddresses } from './stand-in-addresses.ts';
import { makeStandIns } from './stand-in-pods.ts';

export interface AuditPolicy {
  readonly policy: Policy;
  readonly object: NetworkPolicyObject;
  /** Of its own, or of one of its fields. */
  readonly place: (field?: string) => Location;
}

/** Pods of one workload that no policy tells apart. */
export interface PodClass {
  /** Under which the compiler knows the pod that stands for them. */
  readonly key: string;
  readonly workload: Workload;
  /** As it is compiled: where it had no address it has a stand-in. */
  readonly pod: Pod;
  /** Names of those that run; none where only a template is known. */
  readonly names: readonly string[];
}

export interface AuditModelOptions {
  /** CIDRs of which pods without an address are taken to have one. */
  readonly podNetworks?: readonly string[];
  /** CIDRs of Services' and of nodes' own addresses, beside those that the input tells. */
  readonly serviceNetworks?: readonly string[];
  readonly nodeNetworks?: readonly string[];
  readonly excludedNamespaces?: readonly string[];
}

export interface ClusterNetworks {
  readonly pods: readonly Prefix[];
  readonly services: readonly Prefix[];
  readonly nodes: readonly Prefix[];
}

const NOW = { ms: 0, monotonic: 0n };
const ENDED: ReadonlySet<string> = new Set(['Succeeded', 'Failed']);

export class AuditModel {
  readonly input: AuditInput;
  readonly compiler: Compiler;
  readonly interests: PolicyInterests;
  /** By key; policies of excluded namespaces are not among them. */
  readonly policies: ReadonlyMap<string, AuditPolicy>;
  readonly classes: readonly PodClass[];
  /** The same, by the labels of their pods. */
  readonly classIndex: SelectorIndex<PodClass>;
  /** The input's workloads, by the labels of their templates. */
  readonly workloadIndex: SelectorIndex<Workload>;
  /** By `namespace/name`. */
  readonly services: ReadonlyMap<string, { readonly object: Service; readonly at: Location }>;
  readonly nodes: readonly Node[];
  /** Those that the input holds, by name. */
  readonly namespaces: ReadonlyMap<string, { readonly object: Namespace; readonly at: Location }>;
  /** Of namespaces that are there, or that something is in. */
  readonly namespaceNames: ReadonlySet<string>;
  /** As far as the input and the options tell them. */
  readonly networks: ClusterNetworks;
  readonly #classesOf = new Map<Workload, PodClass[]>();
  readonly #byKey = new Map<string, PodClass>();
  /** Addresses of pods that are compiled by another one like them, by that one's key. */
  readonly #alike = new Map<Address, string>();
  readonly #classesIn = new Map<string, PodClass[]>();
  readonly #policiesIn = new Map<string, AuditPolicy[]>();

  constructor(input: AuditInput, options: AuditModelOptions = {}) {
    this.input = input;
    const excluded = new Set(options.excludedNamespaces ?? []);
    const policies = input.objects.flatMap(({ object, at }) => (object.kind === 'NetworkPolicy' ? [readPolicy(object, at)] : []));
    this.policies = new Map(policies.filter(({ policy }) => !excluded.has(policy.namespace)).map((entry) => [entry.policy.key, entry]));
    this.interests = new PolicyInterests([...this.policies.values()].map(({ policy }) => policy));
    this.namespaces = new Map(
      input.objects.flatMap(({ object, at }) => (object.kind === 'Namespace' ? [[object.name, { object, at }]] : [])),
    );
    this.services = new Map(
      input.objects.flatMap(({ object, at }) => (object.kind === 'Service' ? [[objectKey(object), { object, at }]] : [])),
    );
    this.nodes = input.objects.flatMap(({ object }) => (object.kind === 'Node' ? [object] : []));
    this.networks = {
      pods: parsePrefixes([...(options.podNetworks ?? []), ...this.nodes.flatMap(({ podCIDRs }) => podCIDRs)]),
      services: parsePrefixes(options.serviceNetworks ?? []),
      nodes: parsePrefixes(options.nodeNetworks ?? []),
    };
    this.namespaceNames = new Set([
      ...this.namespaces.keys(),
      ...input.workloads.map(({ namespace }) => namespace),
      ...[...this.policies.values()].map(({ policy }) => policy.namespace),
    ]);
    this.classes = this.#classify(options.podNetworks ?? []);
    for (const entry of this.policies.values()) push(this.#policiesIn, entry.policy.namespace, entry);
    for (const one of this.classes) {
      push(this.#classesOf, one.workload, one);
      push(this.#classesIn, one.workload.namespace, one);
      this.#byKey.set(one.key, one);
      const names = new Set(one.names);
      for (const pod of one.workload.pods) if (names.has(pod.name)) for (const address of pod.addresses) this.#alike.set(address, one.key);
    }
    const namespaceLabels = (namespace: string): Labels => this.namespaceLabels(namespace);
    this.classIndex = new SelectorIndex(this.classes, ({ pod }) => pod, namespaceLabels);
    this.workloadIndex = new SelectorIndex(input.workloads, (workload) => workload, namespaceLabels);
    this.compiler = new Compiler({ excludedNamespaces: excluded });
    this.compiler.apply([...this.#compiled()].map((object) => ({ type: 'upsert', object })));
    this.compiler.compile(NOW);
  }

  namespaceLabels(name: string): Labels {
    return this.namespaces.get(name)?.object.labels ?? { [NAMESPACE_NAME_LABEL]: name };
  }

  policiesIn(namespace: string): readonly AuditPolicy[] {
    return this.#policiesIn.get(namespace) ?? [];
  }

  classesOf(workload: Workload): readonly PodClass[] {
    return this.#classesOf.get(workload) ?? [];
  }

  /** Whose pod has the address; a pod that has ended has none. */
  classAt(address: Address): PodClass | undefined {
    const key = this.compiler.cluster.ownerOf(address) ?? this.#alike.get(address);
    return key === undefined ? undefined : this.#byKey.get(key);
  }

  classesIn(namespace: string): readonly PodClass[] {
    return this.#classesIn.get(namespace) ?? [];
  }

  /** `undefined` for pods on the host's network. */
  subject({ key }: PodClass): Subject | undefined {
    return this.compiler.subject(key);
  }

  /** Policies that isolate the pods in this direction. */
  isolating(one: PodClass, direction: Direction): readonly Policy[] {
    return this.subject(one)?.policies[direction] ?? [];
  }

  /** One for each set of a workload's pods that policies may tell apart; one from the template where none runs; more where policies tell its pods apart by their numbers. */
  #classify(podNetworks: readonly string[]): PodClass[] {
    const pods = this.input.workloads.flatMap((workload) => workload.pods);
    const networks = podNetworks.length > 0 ? podNetworks : (this.nodes[0]?.podCIDRs ?? []);
    const addresses = new StandInAddresses(
      networks,
      pods.flatMap(({ hostNetwork, addresses }) => (hostNetwork ? [] : addresses)),
    );
    return this.input.workloads.flatMap((workload): PodClass[] => {
      const running = workload.pods.filter(({ phase }) => !ENDED.has(phase));
      if (running.length === 0) {
        const pods = makeStandIns(workload, this.interests, () => addresses.take());
        return pods.map((pod) => ({ key: objectKey(pod), workload, pod, names: [] }));
      }
      const groups = new Map<string, { pod: Pod; names: string[] }>();
      for (const pod of running) {
        const key = this.interests.keyOf(pod);
        const group = groups.get(key);
        if (group === undefined) groups.set(key, { pod, names: [pod.name] });
        else group.names.push(pod.name);
      }
      return [...groups.values()].map(({ pod, names }) => {
        const compiled = pod.addresses.length > 0 || pod.hostNetwork ? pod : { ...pod, addresses: addresses.take() };
        return { key: objectKey(pod), workload, pod: compiled, names };
      });
    });
  }

  *#compiled(): Generator<ClusterObject> {
    for (const { object } of this.input.objects) if (object.kind !== 'Pod') yield object;
    for (const { pod } of this.classes) yield pod;
  }
}

function parsePrefixes(texts: readonly string[]): Prefix[] {
  return [...new Set(texts)].map(parsePrefix);
}

function readPolicy(object: NetworkPolicyObject, at: Location): AuditPolicy {
  const name = `NetworkPolicy ${objectKey(object)}`;
  const place = (field?: string): Location =>
    field === undefined ? { ...at, object: name } : { ...at, ...object.locate?.(field), object: name, field };
  return { policy: parsePolicy(object), object, place };
}

function push<Key, Value>(into: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = into.get(key);
  if (list === undefined) into.set(key, [value]);
  else list.push(value);
}
