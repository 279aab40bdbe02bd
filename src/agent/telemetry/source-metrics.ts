/** Metrics of where the cluster's state comes from: the API server, resource by resource. A folder has none of its own. */

import type { SourcePart } from '../../model/source.ts';
import type { Labelled, MetricMaker } from './metric-maker.ts';
import type { TelemetryParts } from './parts.ts';

const STATES: readonly SourcePart['state'][] = ['listing', 'connecting', 'watching', 'waiting'];

export function addSourceMetrics(maker: MetricMaker, { source, apiLoss, sandboxes }: TelemetryParts): void {
  const parts = (): readonly (readonly [string, SourcePart])[] => Object.entries(source.details ?? {});
  const each = (value: (part: SourcePart) => number | null) => (): Labelled<'resource'>[] =>
    parts().flatMap(([resource, part]) => {
      const number = value(part);
      return number === null ? [] : [[{ resource }, number]];
    });
  maker.gauge({ name: 'postern_source_healthy', help: '1 while the source can be read as a whole.' }, () => Number(source.healthy));
  maker.gauge(
    { name: 'postern_source_problems', help: 'What cannot be read now: objects, files, resources.' },
    () => source.problems.length,
  );
  maker.gauge({ name: 'postern_kube_api_reachable', help: '0 while the API server is away: what was enforced stays in force.' }, () =>
    source.details === undefined ? undefined : Number(apiLoss.lostMs === undefined),
  );
  maker.gauge({ name: 'postern_kube_api_lost_seconds', help: 'For how long the API server has been away; 0 while it is here.' }, () =>
    source.details === undefined ? undefined : (apiLoss.lostMs ?? 0) / 1000,
  );
  maker.gauge(
    { name: 'postern_runtime_healthy', help: "1 while the container runtime tells pods' addresses; enforcement does not depend on it." },
    () => {
      const runtime = sandboxes.status;
      return runtime === null || runtime.socket === null ? undefined : Number(runtime.healthy);
    },
  );
  maker.counter({ name: 'postern_kube_api_losses_total', help: 'How often the API server went away.' }, () => apiLoss.losses);
  maker.gauges(
    { name: 'postern_kube_reflector_state', help: '1 for what the reflector of a resource does now.', labels: ['resource', 'state'] },
    () => parts().flatMap(([resource, part]) => STATES.map((state) => [{ resource, state }, Number(part.state === state)] as const)),
  );
  maker.gauges(
    { name: 'postern_kube_objects', help: 'Objects that are known, by resource.', labels: ['resource'] },
    each(({ objects }) => objects),
  );
  maker.gauges(
    {
      name: 'postern_kube_silent_seconds',
      help: 'Since something was last heard of a resource. Bookmarks come about once a minute.',
      labels: ['resource'],
    },
    each(({ silentMs }) => (silentMs === null ? null : silentMs / 1000)),
  );
  maker.counters(
    { name: 'postern_kube_lists_total', help: 'Whole lists that were begun: the first, and relists.', labels: ['resource'] },
    each(({ lists }) => lists),
  );
  maker.counters(
    { name: 'postern_kube_watches_total', help: 'Watches that were begun.', labels: ['resource'] },
    each(({ watches }) => watches),
  );
}
