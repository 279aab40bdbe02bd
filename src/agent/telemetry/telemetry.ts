/** Metrics and health over HTTP, for agents that are asked to listen; the library is loaded for no others. */

import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { FlushWatch } from '../flush-watch.ts';
import { findStandstill, findUnreadiness } from '../health.ts';
import { addAgentMetrics, addProcessMetrics } from './agent-metrics.ts';
import { addDatapathMetrics } from './datapath-metrics.ts';
import { measureFlushes } from './flush-metrics.ts';
import { HealthServer } from './health-server.ts';
import type { ListenAddress } from './listen-address.ts';
import { MetricMaker } from './metric-maker.ts';
import type { TelemetryParts } from './parts.ts';
import { addPolicyMetrics } from './policy-metrics.ts';
import { addSourceMetrics } from './source-metrics.ts';

export class Telemetry {
  readonly registry: Registry;
  /** For the reconciler. */
  readonly watch: FlushWatch;
  readonly #maker: MetricMaker;

  private constructor(registry: Registry, maker: MetricMaker) {
    this.registry = registry;
    this.#maker = maker;
    this.watch = measureFlushes(maker);
  }

  static async load(): Promise<Telemetry> {
    const prometheus = await import('./prometheus.ts');
    const registry = new prometheus.Registry();
    addProcessMetrics(prometheus, registry);
    return new Telemetry(registry, new MetricMaker(prometheus, registry));
  }

  /** Metrics that are read from the parts; once. */
  describe(parts: TelemetryParts): void {
    for (const add of [addAgentMetrics, addPolicyMetrics, addDatapathMetrics, addSourceMetrics]) add(this.#maker, parts);
  }

  /** The caller closes it. */
  serve(address: ListenAddress, parts: TelemetryParts, log: Logger): HealthServer {
    this.describe(parts);
    return new HealthServer(
      address,
      {
        metrics: async () => ({ type: this.registry.contentType, text: await this.registry.metrics() }),
        unreadiness: () => findUnreadiness(parts),
        standstill: () => findStandstill(parts),
      },
      log,
    );
  }
}
