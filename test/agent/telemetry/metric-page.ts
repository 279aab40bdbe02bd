/** All metrics as the page of them tells them: read from the registry of a real agent's telemetry. */

import { Telemetry } from '../../../src/agent/telemetry/telemetry.ts';
import { AgentStage } from '../support/agent-stage.ts';

export interface MetricFacts {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** Those of the library, of the process, begin otherwise than with `postern_`. */
export async function listMetrics(): Promise<readonly MetricFacts[]> {
  await using agent = new AgentStage({});
  const telemetry = await Telemetry.load();
  telemetry.describe(agent.parts);
  const metrics = telemetry.registry.getMetricsAsArray() as unknown as readonly {
    readonly name: string;
    readonly help: string;
    readonly labelNames: readonly string[];
    get(): Promise<{ readonly type: string }>;
  }[];
  const facts = metrics.map(async (metric) => ({
    name: metric.name,
    help: metric.help,
    labels: metric.labelNames,
    type: (await metric.get()).type,
  }));
  return (await Promise.all(facts)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

const [BEGIN, END] = ['<!-- metrics -->', '<!-- end of metrics -->'];

/** The page with the table of our own metrics as they are. */
export function renderMetricPage(page: string, metrics: readonly MetricFacts[]): string {
  const rows = metrics
    .filter(({ name }) => name.startsWith('postern_'))
    .map(({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`);
  const table = ['| metric | type | labels | meaning |', '|---|---|---|---|', ...rows].join('\n');
  const [before = '', after = ''] = [page.split(BEGIN)[0], page.split(END)[1]];
  return `${before}${BEGIN}\n${table}\n${END}${after}`;
}
