/** Writes the table of docs/metrics.md from the agent's own registry. */

import { readFileSync, writeFileSync } from 'node:fs';
import { listMetrics, renderMetricPage } from '../test/agent/telemetry/metric-page.ts';

const page = new URL('../docs/metrics.md', import.meta.url);
writeFileSync(page, renderMetricPage(readFileSync(page, 'utf8'), await listMetrics()));
