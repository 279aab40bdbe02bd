/** A sink that holds what it was told, and a source that runs against a fake API server. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiServer } from '../../../src/kube/api-server.ts';
import { kubeSource, type KubeSource } from '../../../src/kube/kube-source.ts';
import { REFLECTOR_DEFAULTS, type ReflectorOptions } from '../../../src/kube/reflector.ts';
import type { PosternError } from '../../../src/model/error.ts';
import { objectKey, type ClusterObject } from '../../../src/model/objects.ts';
import type { ClusterEvent } from '../../../src/model/source.ts';
import { FakeApiServer } from './fake-api-server.ts';

const PATIENCE_MS = 10_000;
const QUICK: ReflectorOptions = { ...REFLECTOR_DEFAULTS, firstWaitMs: 1, longestWaitMs: 20 };

export class Listener implements AsyncDisposable {
  readonly server = new FakeApiServer();
  readonly told = new Map<string, ClusterObject>();
  readonly calls: (readonly ClusterEvent[])[] = [];
  readonly problems: PosternError[] = [];
  synced = 0;
  readonly #stop = new AbortController();
  #source: KubeSource | undefined;
  #run: Promise<void> | undefined;

  get source(): KubeSource {
    return this.#source!;
  }

  async start(options: Partial<ReflectorOptions> = {}): Promise<void> {
    this.#source = kubeSource(await connect(this.server), { ...QUICK, ...options });
    this.#run = this.#source.run(
      {
        events: (events) => this.#hear(events),
        synced: () => (this.synced += 1),
        problem: (error) => this.problems.push(error),
      },
      this.#stop.signal,
    );
  }

  /** Until what was told is what the server holds. */
  async agree(): Promise<void> {
    await eventually(
      () => this.synced === 1 && this.differences().length === 0,
      () => this.differences().join('\n'),
    );
  }

  differences(): string[] {
    const wanted = new Map(this.server.objects.map((object) => [nameOf(object), versionOf(object)]));
    const names = new Set([...wanted.keys(), ...this.told.keys()]);
    return [...names].filter((name) => wanted.get(name) !== this.#versions.get(name));
  }

  readonly #versions = new Map<string, string>();

  #hear(events: readonly ClusterEvent[]): void {
    this.calls.push(events);
    for (const event of events) {
      const name = event.type === 'upsert' ? `${event.object.kind} ${objectKey(event.object)}` : `${event.kind} ${event.key}`;
      if (event.type === 'upsert') {
        this.told.set(name, event.object);
        this.#versions.set(name, markOf(event.object));
      } else if (!this.told.delete(name)) throw new Error(`${name} was taken away and never told`);
      else this.#versions.delete(name);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#run;
    this.server.close();
  }
}

export async function connect(server: FakeApiServer): Promise<ApiServer> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-test-'));
  const kubeconfig = join(folder, 'config');
  const name = 'fake';
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': name,
      clusters: [{ name, cluster: { server: await server.listen(), 'insecure-skip-tls-verify': true } }],
      users: [{ name, user: {} }],
      contexts: [{ name, context: { cluster: name, user: name } }],
    }),
  );
  const api = new ApiServer({ kubeconfig });
  rmSync(folder, { recursive: true });
  return api;
}

export async function eventually(isSo: () => boolean, what: () => string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`in vain: ${what()}`);
    await sleep(2);
  }
}

/** What tells one version of an object from another in these tests: the label `mark`. */
function markOf(object: ClusterObject): string {
  return 'labels' in object ? (object.labels['mark'] ?? '') : '';
}

function versionOf(object: Readonly<Record<string, unknown>>): string {
  const { labels } = object['metadata'] as { readonly labels?: Readonly<Record<string, string>> };
  return labels?.['mark'] ?? '';
}

function nameOf(object: Readonly<Record<string, unknown>>): string {
  const { namespace, name } = object['metadata'] as { readonly namespace?: string; readonly name: string };
  return `${String(object['kind'])} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}
