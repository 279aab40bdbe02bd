/** What happens in the cluster, told to whom it concerns: the first half of the compiler's work, before anything is planned. */

import type { Address } from '../model/ip.ts';
import type { Pod } from '../model/objects.ts';
import type { Sandbox } from '../model/sandbox.ts';
import type { ClusterEvent } from '../model/source.ts';
import type { Cluster, ClusterChange } from '../cluster/cluster.ts';
import { parsePolicy } from '../policy/parse-policy.ts';
import { labelsKey } from '../policy/selector.ts';
import type { Admissions } from './admissions.ts';
import type { Departures } from './departures.ts';
import { ENFORCEMENT, type Enforcement } from './enforcement.ts';
import type { Frontends } from './frontends.ts';
import type { IdentityTable } from './identity-table.ts';
import type { NodeAddresses } from './node-addresses.ts';
import type { PodFacts } from './pod-groups.ts';
import type { PolicyStore } from './policy-store.ts';
import type { Subjects } from './subjects.ts';

/** Who has to hear of changes. */
export interface Concerned {
  /** The node whose pods are subjects; without it those of every node are. */
  readonly ownNode: string | undefined;
  readonly cluster: Cluster;
  readonly identities: IdentityTable;
  readonly frontends: Frontends;
  readonly admissions: Admissions;
  readonly policies: PolicyStore;
  readonly subjects: Subjects;
  readonly nodeAddresses: NodeAddresses;
  readonly enforcement: Enforcement;
  readonly departures: Departures;
}

export class ChangeHandler {
  readonly #concerned: Concerned;

  constructor(concerned: Concerned) {
    this.#concerned = concerned;
  }

  apply(events: readonly ClusterEvent[]): void {
    for (const event of events) for (const change of this.#concerned.cluster.apply(event)) this.#handle(change);
  }

  setSandboxes(sandboxes: readonly Sandbox[] | undefined): void {
    for (const change of this.#concerned.cluster.setSandboxes(sandboxes)) this.#handle(change);
  }

  /** A pod whose policies are compiled here: not on the host's network, and of the own node where there is one. */
  subjectPod(key: string): Pod | undefined {
    const { cluster, ownNode } = this.#concerned;
    const pod = cluster.pods.get(key);
    return pod !== undefined && !pod.hostNetwork && (ownNode === undefined || pod.nodeName === ownNode) ? pod : undefined;
  }

  #handle(change: ClusterChange): void {
    const { cluster, identities, frontends, admissions, policies, subjects } = this.#concerned;
    switch (change.kind) {
      case 'owner':
        this.#changeOwner(change.address, change.after);
        frontends.changeOwner(change.address);
        return;
      case 'service':
        frontends.changeService(change.key);
        return;
      case 'pod':
        this.#changePod(change.key, change.before, change.after);
        return;
      case 'namespace':
        admissions.populationChanged();
        identities.setNamespaceLabels(change.name, cluster.namespaceLabels(change.name));
        return;
      case 'policy':
        subjects.invalidateNamespace(policies.set(change.key, change.after === undefined ? undefined : parsePolicy(change.after)));
        return;
      case 'node':
        this.#changeNode(change.name);
        return;
    }
  }

  #changeOwner(address: Address, owner: string | undefined): void {
    const { cluster, identities, admissions, departures } = this.#concerned;
    const pod = owner === undefined ? undefined : cluster.pods.get(owner);
    const before = identities.members.find(address)?.identity;
    if (pod === undefined && before !== undefined && before.id !== 0) departures.ownerGone(address, before);
    identities.setPod(address, pod === undefined ? undefined : this.#factsOf(pod));
    admissions.populationChanged();
  }

  #changePod(key: string, before: Pod | undefined, after: Pod | undefined): void {
    const { cluster, identities, frontends, admissions, subjects } = this.#concerned;
    if (before !== undefined && after !== undefined && before.uid === after.uid && !sameFacts(before, after)) {
      admissions.populationChanged();
      for (const address of after.addresses) if (cluster.ownerOf(address) === key) identities.setPod(address, this.#factsOf(after));
    }
    if (this.subjectPod(key) === undefined && subjects.get(key) === undefined) return;
    subjects.invalidate(key);
    frontends.changePod(key);
  }

  #changeNode(name: string): void {
    const { cluster, nodeAddresses, enforcement, ownNode } = this.#concerned;
    const node = cluster.nodes.get(name);
    if (name === ownNode) nodeAddresses.set('status', node?.addresses ?? []);
    enforcement.annotate(name, node?.annotations[ENFORCEMENT]);
  }

  #factsOf(pod: Pod): PodFacts {
    const namespaceLabels = this.#concerned.cluster.namespaceLabels(pod.namespace);
    return { namespace: pod.namespace, namespaceLabels, labels: pod.labels, ports: pod.ports };
  }
}

function sameFacts(a: Pod, b: Pod): boolean {
  return (
    labelsKey(a.labels) === labelsKey(b.labels) &&
    a.ports.length === b.ports.length &&
    a.ports.every(
      (port, index) =>
        port.name === b.ports[index]?.name && port.port === b.ports[index]?.port && port.protocol === b.ports[index]?.protocol,
    )
  );
}
