/** The cluster's state from the API server: six reflectors, told as one. */

import type { PosternError } from '../model/error.ts';
import type { ObservedSource, SourcePart, SourceSink } from '../model/source.ts';
import type { ApiServer } from './api-server.ts';
import { LabelPool } from './label-pool.ts';
import { Reflector, REFLECTOR_DEFAULTS, type ReflectorOptions } from './reflector.ts';
import { RESOURCES } from './resources.ts';

export interface KubeSource extends ObservedSource {
  /** By the resource's name. */
  readonly details: Readonly<Record<string, SourcePart>>;
}

export function kubeSource(server: ApiServer, options: ReflectorOptions = REFLECTOR_DEFAULTS): KubeSource {
  return new ReflectedCluster(server, options);
}

class ReflectedCluster implements KubeSource {
  readonly #server: ApiServer;
  readonly #options: ReflectorOptions;
  #reflectors: readonly Reflector[] = [];

  constructor(server: ApiServer, options: ReflectorOptions) {
    this.#server = server;
    this.#options = options;
  }

  get healthy(): boolean {
    return this.#reflectors.length > 0 && this.#reflectors.every(({ connected, problems }) => connected && problems.length === 0);
  }

  get problems(): readonly PosternError[] {
    return this.#reflectors.flatMap(({ problems }) => problems);
  }

  get details(): Readonly<Record<string, SourcePart>> {
    return Object.fromEntries(this.#reflectors.map(({ resource, status }) => [resource.name, status]));
  }

  /** Nobody can say what the server has not told yet: watches tell it as it happens. */
  async rescan(): Promise<void> {}

  async run(sink: SourceSink, signal: AbortSignal): Promise<void> {
    let unlisted = RESOURCES.length;
    const pool = new LabelPool();
    const heard = {
      events: (events: Parameters<SourceSink['events']>[0]) => sink.events(events),
      problem: (error: PosternError) => sink.problem(error),
      listed: () => {
        unlisted -= 1;
        if (unlisted === 0) sink.synced();
      },
    };
    this.#reflectors = RESOURCES.map(
      (resource) => new Reflector(this.#server, resource, (object) => pool.share(object), heard, this.#options),
    );
    await Promise.all(this.#reflectors.map((reflector) => reflector.run(signal)));
  }
}
