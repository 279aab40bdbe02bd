/** Metrics of the agent itself: what it is, whether it is well, and what its process uses. */

import type { Registry } from 'prom-client';
import { VERSION } from '../../model/version.ts';
import { findUnreadiness, isHealthy } from '../health.ts';
import type { MetricMaker, Prometheus } from './metric-maker.ts';
import type { TelemetryParts } from './parts.ts';

/** The library measures the event loop's delay by a timer, whose period is part of what it says: long enough to cost nothing, short enough not to mislead. */
const LOOP_PRECISION_MS = 20;

export function addAgentMetrics(maker: MetricMaker, parts: TelemetryParts): void {
  maker.gauges(
    { name: 'postern_build_info', help: '1; the version of the agent and of what it runs on.', labels: ['version', 'node_version'] },
    () => [[{ version: VERSION, node_version: process.versions.node }, 1]],
  );
  maker.gauge({ name: 'postern_ready', help: '1 while the agent enforces: as /readyz.' }, () =>
    Number(findUnreadiness(parts) === undefined),
  );
  maker.gauge({ name: 'postern_healthy', help: '1 while all that the source holds is in force, as it is written.' }, () =>
    Number(isHealthy(parts)),
  );
  maker.counter(
    { name: 'postern_flush_failures_total', help: 'Flushes and sweeps that failed; they are tried again.' },
    () => parts.reconciler.failures,
  );
  maker.gauge(
    { name: 'postern_flush_overdue_seconds', help: 'For how long a flush has been due and has not begun.' },
    () => parts.reconciler.overdueMs / 1000,
  );
}

export function addProcessMetrics(prometheus: Prometheus, registry: Registry): void {
  prometheus.collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_PRECISION_MS });
}
