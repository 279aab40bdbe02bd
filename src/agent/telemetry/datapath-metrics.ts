/** Metrics of the kernel's side: how it is programmed, how full its tables are, what it did with packets, and what of it had drifted. */

import { countDiffered, countRepaired } from '../../model/drift.ts';
import type { EndpointCounters } from '../../model/packet-event.ts';
import { REASONS, verdictOf } from '../../model/reasons.ts';
import { DIRECTIONS } from '../../model/verdict.ts';
import { listTables } from '../tables.ts';
import type { Labelled, MetricMaker } from './metric-maker.ts';
import type { TelemetryParts } from './parts.ts';

export function addDatapathMetrics(maker: MetricMaker, parts: TelemetryParts): void {
  addMode(maker, parts);
  addTables(maker, parts);
  addPackets(maker, parts);
  addDrift(maker, parts);
}

function addMode(maker: MetricMaker, { datapath, reconciler }: TelemetryParts): void {
  const { attach, services, kernelConntrack, verifiedInstructions } = datapath.describe();
  maker.gauges(
    {
      name: 'postern_datapath_info',
      help: '1; how programs are attached, where Services are judged, whether the kernel can be asked about its connections.',
      labels: ['attach', 'services', 'kernel_conntrack'],
    },
    () => [[{ attach: String(attach), services: String(services), kernel_conntrack: String(kernelConntrack) }, 1]],
  );
  maker.gauges(
    { name: 'postern_program_verified_instructions', help: 'Instructions that the verifier walked, by program.', labels: ['program'] },
    () => Object.entries(verifiedInstructions ?? {}).map(([program, count]) => [{ program }, count]),
  );
  maker.gauge({ name: 'postern_flows_taken_over', help: "1 where the flow table is an earlier agent's." }, () =>
    Number(datapath.tookOverFlows),
  );
  maker.gauge(
    { name: 'postern_earlier_interfaces', help: "Interfaces at which an earlier agent's programs are still in force." },
    () => reconciler.earlierInterfaces,
  );
}

function addTables(maker: MetricMaker, parts: TelemetryParts): void {
  const read = (field: 'rows' | 'capacity') => (): Labelled<'map'>[] =>
    listTables(parts).flatMap((table) => (table[field] === null ? [] : [[{ map: table.name }, table[field]]]));
  maker.gauges(
    {
      name: 'postern_map_rows',
      help: "Rows in use of the kernel's tables; of conntrack as counted within the last minute.",
      labels: ['map'],
    },
    read('rows'),
  );
  maker.gauges({ name: 'postern_map_capacity_rows', help: "Rows that fit into the kernel's tables.", labels: ['map'] }, read('capacity'));
}

/** One reading serves all metrics of a scrape. */
const TOTALS_KEPT_MS = 100;

function addPackets(maker: MetricMaker, { datapath, news }: TelemetryParts): void {
  let read = { at: -Infinity, totals: datapath.totals() };
  const totals = (): EndpointCounters => {
    const at = performance.now();
    if (at - read.at > TOTALS_KEPT_MS) read = { at, totals: datapath.totals() };
    return read.totals;
  };
  maker.counters(
    {
      name: 'postern_packets_total',
      help: "Packets that were judged, by the pods' direction and the reason. Those of established flows are not counted.",
      labels: ['direction', 'verdict', 'reason'],
    },
    () => {
      const { packets } = totals();
      return DIRECTIONS.flatMap((direction) =>
        REASONS.map(
          ({ name }, number) => [{ direction, verdict: verdictOf(name), reason: name }, packets[direction][number] ?? 0] as const,
        ),
      );
    },
  );
  maker.counter({ name: 'postern_events_received_total', help: 'Packet events that the kernel told.' }, () => news.received);
  maker.counter(
    {
      name: 'postern_events_lost_total',
      help: 'Packet events that were not told: above the rate, or the ring was full. The packets are counted.',
    },
    () => totals().lostEvents,
  );
}

function addDrift(maker: MetricMaker, { drift }: TelemetryParts): void {
  const sums = (field: 'found' | 'repaired') => (): Labelled<'what'>[] =>
    [...drift.totalsByWhat].map(([what, totals]) => [{ what }, totals[field]]);
  const found = 'Differences between the kernel and what the agent had told it, by table or kind of attachment.';
  maker.counters({ name: 'postern_drift_found_total', help: found, labels: ['what'] }, sums('found'));
  maker.counters(
    { name: 'postern_drift_repaired_total', help: 'Differences that were repaired, by table or kind of attachment.', labels: ['what'] },
    sums('repaired'),
  );
  maker.counter({ name: 'postern_drift_checks_total', help: 'Comparisons with the kernel.' }, () => drift.totals.checks);
  maker.gauge({ name: 'postern_drift_unrepaired', help: 'Differences that the last comparison left as they were.' }, () =>
    drift.last === undefined ? 0 : countDiffered(drift.last) - countRepaired(drift.last),
  );
  maker.gauge({ name: 'postern_drift_check_timestamp_seconds', help: 'When the last comparison ended, in seconds since the epoch.' }, () =>
    drift.last === undefined ? undefined : Date.parse(drift.last.checkedAt) / 1000,
  );
}
