/** Reads what an audit is about from a cluster: every object once, in pages, and only by asking. */

import { setTimeout as sleep } from 'node:timers/promises';
import { assembleInput } from '../audit/input/assemble-input.ts';
import type { AuditInput, Missing } from '../audit/input/audit-input.ts';
import { titleOf, type AuditObject } from '../audit/input/audit-object.ts';
import { createAuditDecoder } from '../audit/input/decode-audit-object.ts';
import { ExpiredError } from '../kube/api-error.ts';
import type { ApiServer } from '../kube/api-server.ts';
import { LabelPool } from '../kube/label-pool.ts';
import { listObjects } from '../kube/list-objects.ts';
import type { PlacedObject } from '../manifests/manifests.ts';
import type { ObjectDecoder } from '../manifests/read-objects.ts';
import { PosternError } from '../model/error.ts';
import type { JsonRecord } from '../model/decode/fields.ts';
import { ask, CLUSTER_RESOURCES, findGatewayRoutes, inNamespace, type ClusterResource } from './cluster-resources.ts';

export interface ReadClusterOptions {
  /** Where the cluster as a whole may not be read, these namespaces are. */
  readonly namespaces?: readonly string[];
  /** As messages call it; `the cluster` and its context by default. */
  readonly name?: string;
  readonly signal?: AbortSignal;
  /** Objects in a page. */
  readonly pageSize?: number;
  /** Called before each resource is listed, with how it is called. */
  readonly onProgress?: (resource: string) => void;
}

const PAGE_SIZE = 500;
const IDLE_MS = 30_000;
const TRIES = 3;
const WAIT_MS = 500;

/**
 * What may not be read is among the input's `missing`. Throws `E_KUBE_CONNECTION`, `E_KUBE_UNAUTHORIZED`, and `E_KUBE_SERVER` where the server fails
 * three times at one question.
 */
export async function readCluster(server: ApiServer, options: ReadClusterOptions = {}): Promise<AuditInput> {
  const reading = new ClusterReading(server, options);
  for (const resource of CLUSTER_RESOURCES) await reading.read(resource);
  for (const resource of await reading.gatewayRoutes()) await reading.read(resource);
  return reading.assemble();
}

class ClusterReading {
  readonly #server: ApiServer;
  readonly #options: ReadClusterOptions;
  readonly #signal: AbortSignal;
  readonly #decode: ObjectDecoder<AuditObject> = createAuditDecoder();
  readonly #pool = new LabelPool();
  readonly #objects: PlacedObject<AuditObject>[] = [];
  readonly #problems: PosternError[] = [];
  readonly #missing: Missing[] = [];

  constructor(server: ApiServer, options: ReadClusterOptions) {
    this.#server = server;
    this.#options = options;
    this.#signal = options.signal ?? new AbortController().signal;
  }

  async read(resource: ClusterResource): Promise<void> {
    this.#options.onProgress?.(resource.name);
    const error = await this.#listOrRefuse(resource);
    if (error === undefined) return;
    const { namespaces = [] } = this.#options;
    const partly: string[] = [];
    if (error.code === 'E_KUBE_FORBIDDEN') {
      for (const namespace of namespaces) if (await this.#readOnly(resource, namespace)) partly.push(namespace);
    }
    const reason = partly.length === 0 ? error.message : `${resource.name} may be read in ${partly.join(', ')} alone`;
    this.#missing.push({ kind: resource.kind, reason });
  }

  async gatewayRoutes(): Promise<readonly ClusterResource[]> {
    try {
      return await this.#tryAgain(() => findGatewayRoutes(this.#server, this.#signal));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#missing.push({ kind: 'HTTPRoute', reason: error.message });
      return [];
    }
  }

  assemble(): AuditInput {
    const unread = this.#problems.some(({ at }) => at.object?.startsWith('NetworkPolicy') === true);
    const missing = [...this.#missing, ...(unread ? [{ kind: 'NetworkPolicy', reason: 'one or more of them cannot be read' }] : [])];
    return assembleInput({
      name: this.#options.name ?? `the cluster ${this.#server.context}`,
      objects: this.#objects,
      problems: this.#problems,
      policiesComplete: !unread,
      passedOver: { documents: 0, kinds: {} },
      cluster: { missing, whole: !missing.some(({ kind }) => kind === 'Namespace' || kind === 'Pod') },
    });
  }

  /** The error of a resource that may not be listed, or is not there. */
  async #listOrRefuse(resource: ClusterResource): Promise<PosternError | undefined> {
    try {
      this.#objects.push(...(await this.#tryAgain(() => this.#list(resource))));
      return undefined;
    } catch (error) {
      if (isRefusal(error)) return error;
      throw error;
    }
  }

  async #readOnly(resource: ClusterResource, namespace: string): Promise<boolean> {
    if (resource.isNamespaced) return (await this.#listOrRefuse(inNamespace(resource, namespace))) === undefined;
    if (resource.kind !== 'Namespace') return false;
    try {
      const found = await this.#tryAgain(() => ask(this.#server, `${resource.path}/${namespace}`, this.#signal));
      if (found !== undefined) this.#take(found, resource, this.#objects);
      return found !== undefined;
    } catch (error) {
      if (isRefusal(error)) return false;
      throw error;
    }
  }

  async #list(resource: ClusterResource): Promise<readonly PlacedObject<AuditObject>[]> {
    const objects: PlacedObject<AuditObject>[] = [];
    const options = { pageSize: this.#options.pageSize ?? PAGE_SIZE, idleMs: IDLE_MS };
    for await (const { items } of listObjects(this.#server, resource, options, this.#signal)) {
      for (const item of items) this.#take(item, resource, objects);
    }
    return objects;
  }

  /** Decoded at once: of a page's JSON nothing stays. Lists leave out what kind their items are of. */
  #take(item: JsonRecord, { kind, apiVersion }: ClusterResource, into: PlacedObject<AuditObject>[]): void {
    try {
      const object = this.#decode({ ...item, kind, apiVersion });
      if (object === undefined || object.kind === 'FoundSnapshot') return;
      const slim = object.kind === 'FoundPod' ? { ...object, pod: this.#pool.share(object.pod) } : object;
      into.push({ object: slim as AuditObject, at: { object: titleOf(object) } });
    } catch (error) {
      if (!(error instanceof PosternError)) throw error;
      this.#problems.push(error);
    }
  }

  /** A list that took so long that the server has forgotten its version, and what a busy server refuses for a moment. */
  async #tryAgain<T>(work: () => Promise<T>): Promise<T> {
    for (let tried = 1; ; tried += 1) {
      const problems = this.#problems.length;
      try {
        return await work();
      } catch (error) {
        this.#problems.length = problems;
        const mayPass = error instanceof ExpiredError || (error instanceof PosternError && error.code === 'E_KUBE_SERVER');
        if (!mayPass || tried === TRIES) throw this.#explain(error);
        await sleep(WAIT_MS * tried, undefined, { signal: this.#signal });
      }
    }
  }

  #explain(error: unknown): unknown {
    if (error instanceof PosternError && error.code !== 'E_KUBE_CONNECTION' && error.code !== 'E_KUBE_SERVER') return error;
    if (this.#signal.aborted) return error;
    const code = error instanceof PosternError ? error.code : 'E_KUBE_CONNECTION';
    const message = error instanceof PosternError ? error.message : `the API server at ${this.#server.address} broke off: ${String(error)}`;
    return new PosternError(code, message, { mend: 'check the address, the network and the state of the API server', cause: error });
  }
}

/** The server's word that this question has no answer for us. */
function isRefusal(error: unknown): error is PosternError {
  return error instanceof PosternError && (error.code === 'E_KUBE_FORBIDDEN' || error.code === 'E_KUBE_RESOURCE');
}
