/** The cluster as the agent has been told of it, and who owns each address. No I/O, no policy. */

import type { Address } from '../model/ip.ts';
import { NAMESPACE_NAME_LABEL, type Labels } from '../model/labels.ts';
import {
  objectKey,
  type ClusterObject,
  type EndpointSlice,
  type NetworkPolicyObject,
  type Node,
  type Pod,
  type Service,
} from '../model/objects.ts';
import type { Sandbox } from '../model/sandbox.ts';
import type { ClusterEvent } from '../model/source.ts';
import { isSandboxOf, Sandboxes } from './sandboxes.ts';

/** What an event changed, for those who keep something derived from it. */
export type ClusterChange =
  | { readonly kind: 'pod'; readonly key: string; readonly before: Pod | undefined; readonly after: Pod | undefined }
  | { readonly kind: 'namespace'; readonly name: string }
  | { readonly kind: 'policy'; readonly key: string; readonly after: NetworkPolicyObject | undefined }
  | { readonly kind: 'node'; readonly name: string }
  /** The Service, or its endpoints. */
  | { readonly kind: 'service'; readonly key: string }
  /** An address has another owner, or none. */
  | { readonly kind: 'owner'; readonly address: Address; readonly before: string | undefined; readonly after: string | undefined };

interface Claim {
  readonly pod: string;
  /** Order of assignment as seen here; 0 for everything that was there at the start. */
  readonly order: number;
  readonly startedAt: number;
  readonly uid: string;
}

export class Cluster {
  /** Those of this node with the addresses that their sandboxes have. */
  readonly pods = new Map<string, Pod>();
  /** As they were told, where that is not how they stand in `pods`. */
  readonly #told = new Map<string, Pod>();
  readonly #sandboxes = new Sandboxes();
  readonly nodes = new Map<string, Node>();
  readonly policies = new Map<string, NetworkPolicyObject>();
  readonly services = new Map<string, Service>();
  readonly #slices = new Map<string, EndpointSlice>();
  /** Keys of each Service's slices. */
  readonly #slicesOf = new Map<string, Set<string>>();
  readonly #namespaces = new Map<string, Labels>();
  readonly #claims = new Map<Address, Claim[]>();
  #order = 0;

  /** Labels of a namespace; one that is not known has only its name (the API server's default label). */
  namespaceLabels(name: string): Labels {
    return this.#namespaces.get(name) ?? { [NAMESPACE_NAME_LABEL]: name };
  }

  /** Key of the pod that owns an address. */
  ownerOf(address: Address): string | undefined {
    return this.#claims.get(address)?.at(-1)?.pod;
  }

  /** The pod that has this sandbox; `undefined` where it is not known, or is another of its name by now. */
  podOf(sandbox: Pick<Sandbox, 'namespace' | 'name' | 'uid'>): Pod | undefined {
    const pod = this.pods.get(objectKey(sandbox));
    return pod !== undefined && isSandboxOf(sandbox, pod) ? pod : undefined;
  }

  slicesOf(service: string): EndpointSlice[] {
    return [...(this.#slicesOf.get(service) ?? [])].flatMap((key) => this.#slices.get(key) ?? []);
  }

  /** From now on a pod that gets an address is newer than all that had it. Until then only start times tell (a list has no order). */
  startCounting(): void {
    this.#order = 1;
  }

  apply(event: ClusterEvent): ClusterChange[] {
    if (event.type === 'upsert') return this.#upsert(event.object);
    switch (event.kind) {
      case 'Pod':
        return this.#setPod(event.key, undefined);
      case 'Namespace':
        this.#namespaces.delete(event.key);
        return [{ kind: 'namespace', name: event.key }];
      case 'Node':
        this.nodes.delete(event.key);
        return [{ kind: 'node', name: event.key }];
      case 'NetworkPolicy':
        this.policies.delete(event.key);
        return [{ kind: 'policy', key: event.key, after: undefined }];
      case 'Service':
        this.services.delete(event.key);
        return [{ kind: 'service', key: event.key }];
      case 'EndpointSlice':
        return this.#setSlice(event.key, undefined);
    }
  }

  /** All sandboxes of this node, or `undefined`: its runtime does not say, and only the API server's word counts. */
  setSandboxes(sandboxes: readonly Sandbox[] | undefined): ClusterChange[] {
    const told = (key: string): Pod | undefined => this.#told.get(key) ?? this.pods.get(key);
    return this.#sandboxes
      .update(sandboxes, (sandbox) => this.podOf(sandbox) !== undefined)
      .flatMap((key) => {
        const pod = told(key);
        return pod === undefined ? [] : this.#setPod(key, pod);
      });
  }

  #upsert(object: ClusterObject): ClusterChange[] {
    const key = objectKey(object);
    switch (object.kind) {
      case 'Pod':
        return this.#setPod(key, object);
      case 'Namespace':
        this.#namespaces.set(key, object.labels);
        return [{ kind: 'namespace', name: key }];
      case 'Node':
        this.nodes.set(key, object);
        return [{ kind: 'node', name: key }];
      case 'NetworkPolicy':
        this.policies.set(key, object);
        return [{ kind: 'policy', key, after: object }];
      case 'Service':
        this.services.set(key, object);
        return [{ kind: 'service', key }];
      case 'EndpointSlice':
        return this.#setSlice(key, object);
    }
  }

  #setSlice(key: string, after: EndpointSlice | undefined): ClusterChange[] {
    const before = this.#slices.get(key);
    if (before !== undefined) this.#slicesOf.get(serviceOf(before))?.delete(key);
    if (after === undefined) this.#slices.delete(key);
    else {
      this.#slices.set(key, after);
      this.#slicesOf.set(serviceOf(after), (this.#slicesOf.get(serviceOf(after)) ?? new Set()).add(key));
    }
    const services = new Set([before, after].flatMap((slice) => (slice === undefined ? [] : [serviceOf(slice)])));
    return [...services].map((service) => ({ kind: 'service', key: service }));
  }

  #setPod(key: string, told: Pod | undefined): ClusterChange[] {
    const before = this.pods.get(key);
    const after = told === undefined ? undefined : this.#sandboxes.overlay(told);
    if (told === undefined || after === told) this.#told.delete(key);
    else this.#told.set(key, told);
    if (after === undefined) this.pods.delete(key);
    else this.pods.set(key, after);
    const had = new Set(before === undefined ? [] : claimedAddresses(before));
    const has = new Set(after === undefined ? [] : claimedAddresses(after));
    const sameIncarnation = before?.uid === after?.uid;
    const changes: ClusterChange[] = [{ kind: 'pod', key, before, after }];
    for (const address of had) {
      if (!has.has(address) || !sameIncarnation)
        this.#changeOwner(address, changes, (claims) => claims.filter((claim) => claim.pod !== key));
    }
    for (const address of has) {
      if (had.has(address) && sameIncarnation) continue;
      const order = this.#order === 0 ? 0 : this.#order++;
      const claim: Claim = { pod: key, order, startedAt: after?.startedAt ?? 0, uid: after?.uid ?? '' };
      this.#changeOwner(address, changes, (claims) => [...claims, claim].sort(compareClaims));
    }
    return changes;
  }

  #changeOwner(address: Address, changes: ClusterChange[], edit: (claims: Claim[]) => Claim[]): void {
    const before = this.ownerOf(address);
    const claims = edit(this.#claims.get(address) ?? []);
    if (claims.length === 0) this.#claims.delete(address);
    else this.#claims.set(address, claims);
    const after = this.ownerOf(address);
    // The same key may be another pod by now (deleted and made again between two looks): its address has died and lives again.
    changes.push({ kind: 'owner', address, before, after });
  }
}

/** Addresses by which a pod is a peer: none once it has ended (its address may be another's already), none of its own on the host's network. */
function claimedAddresses(pod: Pod): readonly Address[] {
  return pod.hostNetwork || pod.phase === 'Succeeded' || pod.phase === 'Failed' ? [] : pod.addresses;
}

function serviceOf({ namespace, service }: EndpointSlice): string {
  return `${namespace}/${service}`;
}

function compareClaims(a: Claim, b: Claim): number {
  return a.order - b.order || a.startedAt - b.startedAt || (a.uid < b.uid ? -1 : 1);
}
