/** The page of metrics, the dashboard and the alerts speak of metrics that there are, of all of them, and of places that exist. */

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { listMetrics, renderMetricPage, type MetricFacts } from './metric-page.ts';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string; readonly refId: string; readonly datasource: { readonly uid: string } }[];
}

interface Dashboard {
  readonly id: null;
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string; readonly query: unknown }[] };
}

interface Alerts {
  readonly groups: readonly {
    readonly name: string;
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly for?: string;
      readonly labels: { readonly severity: string };
      readonly annotations: { readonly summary: string; readonly description: string; readonly runbook: string };
    }[];
  }[];
}

/** Metrics that an expression names; of a histogram, without what its parts are called. */
function metricsIn(expression: string): string[] {
  const names = expression.replaceAll(/"[^"]*"/g, '').match(/\b(?:postern|process|nodejs)_\w+/g) ?? [];
  return names.map((name) => name.replace(/_(?:bucket|sum|count)$/, ''));
}

/** As GitHub makes it of a heading. */
function anchorsOf(page: string): Set<string> {
  const headings = page.match(/^#+ .*$/gm) ?? [];
  return new Set(
    headings.map((heading) =>
      heading
        .replace(/^#+ /, '')
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    ),
  );
}

describe('metrics are told', () => {
  let metrics: readonly MetricFacts[];
  let names: ReadonlySet<string>;
  const dashboard = JSON.parse(read('deploy/grafana/postern.json')) as Dashboard;
  const alerts = parse(read('deploy/prometheus/alerts.yaml')) as Alerts;
  const rules = alerts.groups.flatMap((group) => group.rules);

  beforeAll(async () => {
    metrics = await listMetrics();
    names = new Set(metrics.map(({ name }) => name));
  });

  it('in the page as they are; node scripts/write-metrics.ts writes them', () => {
    const page = read('docs/metrics.md');
    expect(renderMetricPage(page, metrics)).toBe(page);
  });

  it('by a dashboard that can be imported: a data source to choose, panels that do not overlap, all of ours and none that is not', () => {
    expect(dashboard).toMatchObject({ id: null, uid: 'postern', title: 'Postern' });
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36);
    expect(dashboard.templating.list.map(({ name, type }) => [name, type])).toEqual([
      ['datasource', 'datasource'],
      ['instance', 'query'],
    ]);
    const panels = dashboard.panels.filter(({ type }) => type !== 'row');
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    for (const panel of panels) {
      expect(panel.datasource?.uid, panel.title).toBe('${datasource}');
      expect(panel.targets?.length, panel.title).toBeGreaterThan(0);
      for (const { expr, datasource } of panel.targets ?? []) {
        expect(datasource.uid).toBe('${datasource}');
        const unknown = metricsIn(expr).filter((name) => !names.has(name));
        expect(unknown, expr).toEqual([]);
        expect(isBalanced(expr), expr).toBe(true);
      }
    }
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.x + gridPos.w))).toBe(24);
    const shown = new Set(panels.flatMap(({ targets }) => (targets ?? []).flatMap(({ expr }) => metricsIn(expr))));
    expect([...names].filter((name) => name.startsWith('postern_') && !shown.has(name))).toEqual([]);
  });

  it('by alerts over metrics that there are, each with a summary, and a place in the operations page that says what to do', () => {
    const anchors = anchorsOf(read('docs/operations.md'));
    expect(rules.length).toBeGreaterThan(20);
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, expr, labels, annotations } of rules) {
      expect(alert).toMatch(/^Postern[A-Z]\w+$/);
      expect(metricsIn(expr).length, alert).toBeGreaterThan(0);
      expect(
        metricsIn(expr).filter((name) => !names.has(name)),
        alert,
      ).toEqual([]);
      expect(isBalanced(expr), alert).toBe(true);
      expect(['critical', 'warning', 'info']).toContain(labels.severity);
      expect(annotations.summary.length).toBeGreaterThan(10);
      expect(annotations.description).toMatch(/\.$/);
      const [page, anchor = ''] = annotations.runbook.split('#');
      expect(page).toBe('docs/operations.md');
      expect(anchors.has(anchor), annotations.runbook).toBe(true);
    }
  });

  it('with labels that their expressions may use', () => {
    const labels = new Map(metrics.map(({ name, labels: own }) => [name, new Set([...own, 'le', 'instance'])]));
    const expressions = [
      ...rules.map(({ expr }) => expr),
      ...dashboard.panels.flatMap(({ targets }) => (targets ?? []).map(({ expr }) => expr)),
    ];
    for (const expression of expressions) {
      for (const [, name = '', matchers = ''] of expression.matchAll(/\b(postern_\w+)\{([^}]*)\}/g)) {
        const used = [...matchers.matchAll(/(\w+)\s*(?:=~|!=|!~|=)/g)].map(([, label = '']) => label);
        const known = labels.get(name.replace(/_(?:bucket|sum|count)$/, ''));
        expect(
          used.filter((label) => known?.has(label) !== true),
          expression,
        ).toEqual([]);
      }
    }
  });
});

function isBalanced(expression: string): boolean {
  const pairs: Readonly<Record<string, string>> = { ')': '(', '}': '{', ']': '[' };
  const open: string[] = [];
  for (const sign of expression.replaceAll(/"[^"]*"/g, '')) {
    if ('({['.includes(sign)) open.push(sign);
    else if (pairs[sign] !== undefined && open.pop() !== pairs[sign]) return false;
  }
  return open.length === 0;
}
