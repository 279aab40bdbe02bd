/** How long flushes take, and how long it takes from events of the source until they are in the kernel's maps. */

import type { ClusterKind } from '../../model/objects.ts';
import type { FlushWatch } from '../flush-watch.ts';
import type { MetricMaker } from './metric-maker.ts';

const BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

/** Events that came together: a list that was read anew may bring a hundred thousand. */
interface Waiting {
  readonly kind: ClusterKind;
  /** `performance.now()` when they had been parsed. */
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
    help: 'From events of the source, parsed, until all map writes that they asked for are done, by the kind of object. Events that come together count as one, and flushes that fail add to the time.',
    labels: ['kind'],
    buckets: BUCKETS,
  });
  const came: Waiting[] = [];
  let plan: Waiting[] = [];
  return {
    eventsCame(events) {
      const since = performance.now();
      const kinds = new Set(events.map((event) => (event.type === 'upsert' ? event.object.kind : event.kind)));
      for (const kind of kinds) came.push({ kind, since });
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
