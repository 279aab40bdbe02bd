/** The matrix on a terminal: table, symbols, list. */

import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { tableMatrix } from '../../../src/audit/matrix/matrix-table.ts';
import { selectView } from '../../../src/audit/matrix/matrix-view.ts';
import { makeCluster } from './cluster-matrix.ts';
import { makeHostile } from './hostile-matrix.ts';
import { tcp } from './matrix-builder.ts';
import { makeShop } from './shop-matrix.ts';

const shop = selectView(makeShop());
const widest = (text: string): number =>
  Math.max(
    ...stripVTControlCharacters(text)
      .split('\n')
      .map((line) => line.length),
  );

describe('the table', () => {
  it('has sources in rows and destinations in columns, by namespace, with ports', () => {
    const text = tableMatrix(shop, { colour: false });
    expect(text.split('\n').slice(0, 11)).toEqual([
      '                  from \\ to │ 1         │ 2         3         │ 4    5    6      │ 7',
      'legacy',
      '  1 Pod/batch               │ all       │ all       all       │ ·    ·    80,443 │ all',
      'monitoring',
      '  2 DaemonSet/node-exporter │ 9090,9100 │ 9090,9100 9090,9100 │ ·    ·    ·      │ ·',
      '  3 StatefulSet/prometheus  │ 9090,9100 │ 9090,9100 9090,9100 │ 9090 9090 9090   │ ·',
      'shop',
      '  4 Deployment/api          │ ·         │ ·         ·         │ ·    5432 ·      │ 443',
      '  5 StatefulSet/db          │ ·         │ ·         ·         │ ·    ·    ·      │ ·',
      '  6 Deployment/web          │ ·         │ ·         ·         │ 8080 ·    ·      │ ·',
      'outside the cluster',
    ]);
  });

  it('ends with a legend', () => {
    expect(tableMatrix(shop, { colour: false })).toMatch(/\n\nall every port and protocol .* · denied .*numbered as the rows$/);
  });

  it('has symbols in the place of ports where it is narrower, and says what they mean', () => {
    const text = tableMatrix(shop, { width: 62, colour: false });
    expect(text).toContain('  4 Deployment/api          │ · │ · · │ · ◐ · │ ◐');
    expect(text).toContain('● all ports   ◐ some ports   · denied');
  });

  it('is a list where not even symbols have room', () => {
    const text = tableMatrix(shop, { width: 48, colour: false });
    expect(text).toContain('shop/Deployment/web\n  → 8080/TCP\n      shop/Deployment/api\n  · denied\n');
    expect(text).toContain('monitoring/* (2)');
    expect(text).toContain('shop/StatefulSet/db\n  · denied\n      everything');
    expect(widest(text)).toBeLessThanOrEqual(48);
  });

  it.each([50, 80, 132])('keeps to %i columns in any case', (width) => {
    const small = selectView(makeCluster({ workloads: 9, namespaces: 3 }));
    const table = tableMatrix(small, { width, colour: false }).split('\n\n')[0] ?? '';
    expect(widest(table)).toBeLessThanOrEqual(width);
  });

  it('is coloured only where that is asked for, and reads the same then', () => {
    const coloured = tableMatrix(shop, { colour: true });
    expect(coloured).toContain('\u001b[');
    expect(stripVTControlCharacters(coloured)).toBe(tableMatrix(shop, { colour: false }));
  });

  it('says by the asked port alone whether it is open', () => {
    const text = tableMatrix(selectView(makeShop(), { ports: tcp(80), namespaces: ['shop'] }), { colour: false });
    expect(text).toContain('  4 internet       │ · · 80 │');
    expect(text).not.toContain('5432');
  });

  it('leaves out denied pairs where only allowed ones are asked for', () => {
    const text = tableMatrix(selectView(makeShop(), { only: 'allowed', namespaces: ['shop'] }), { colour: false });
    const row = text.split('\n').find((line) => line.includes('StatefulSet/db'));
    expect(row).not.toContain('·');
  });

  it('says what makes it incomplete', () => {
    const text = tableMatrix(selectView({ ...makeShop(), incomplete: ['no Namespace shop'] }), { colour: false });
    expect(text).toMatch(/\nincomplete: no Namespace shop$/);
  });

  it('lets no name speak to the terminal', () => {
    const text = tableMatrix(selectView(makeHostile()), { colour: false, width: 100 });
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
    expect(text).toContain('�[31mred�[0m�');
  });

  it('is a list for 500 workloads', () => {
    const view = selectView(makeCluster({ workloads: 500, namespaces: 60, pods: 20 }));
    expect(tableMatrix(view, { colour: false, width: 160 })).toContain('team-01/Deployment/front\n');
  });
});
