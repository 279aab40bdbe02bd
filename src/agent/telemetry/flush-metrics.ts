/** How long flushes take, and how long it takes from an event of the source until it is in the kernel's maps. */

import type { ClusterKind } from '../../model/objects.ts';
import type { FlushWatch } from '../flush-watch.ts';
import type { MetricMaker } from './metric-maker.ts';

const BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

interface Waiting {
  readonly kind: ClusterKind;
  /** `performance.now()` when it had been parsed. */
  readonly since: number;
}

/** What was there at the start is not measured: it waits for the whole of itself. */
export function measureFlushes(maker: MetricMaker): FlushWatch {
  const flushSeconds = maker.histogram({
    name: 'postern_flush_duration_seconds',
    help: 'Duration of flushes: interfaces, plan, map writes, attaching. Failed ones count.',
    labels: [],
    buckets: BUCKETS,
  });
  const latencySeconds = maker.histogram({
    name: 'postern_event_to_map_seconds',
    help: 'From an event of the source, parsed, until all map writes that it asked for are done, by the kind of its object. Flushes that fail add to it.',
    labels: ['kind'],
    buckets: BUCKETS,
  });
  const came: Waiting[] = [];
  let plan: Waiting[] = [];
  return {
    eventsCame(events) {
      const since = performance.now();
      for (const event of events) came.push({ kind: event.type === 'upsert' ? event.object.kind : event.kind, since });
    },
    planned() {
      plan = plan.concat(came.splice(0));
    },
    applied() {
      if (plan.length === 0) return;
      const now = performance.now();
      for (const { kind, since } of plan) latencySeconds({ kind }, (now - since) / 1000);
      plan = [];
    },
    flushed: (milliseconds) => flushSeconds({}, milliseconds / 1000),
  };
}
