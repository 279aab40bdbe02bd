/** The matrix as files for other programs and for people: CSV, JSON, Markdown. */

import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { csvRows } from '../../../src/audit/matrix/matrix-csv.ts';
import { jsonPieces } from '../../../src/audit/matrix/matrix-json.ts';
import { formatMarkdown } from '../../../src/audit/matrix/matrix-markdown.ts';
import { selectView, type MatrixView } from '../../../src/audit/matrix/matrix-view.ts';
import { makeCluster } from './cluster-matrix.ts';
import { HOSTILE_NAMES, makeHostile } from './hostile-matrix.ts';
import { makeReport, tcp } from './matrix-builder.ts';
import { makeShop } from './shop-matrix.ts';
import { readCsv } from './read-csv.ts';

const shop = selectView(makeShop());
const hostile = selectView(makeHostile());
const schema = JSON.parse(readFileSync(new URL('../../../schemas/matrix-report.schema.json', import.meta.url), 'utf8')) as object;
const isMatrix = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);

const csvText = (view: MatrixView) => [...csvRows(view)].join('');
const jsonText = (view: MatrixView) => [...jsonPieces(view)].join('');

describe('CSV', () => {
  it('has a row for each pair, with a head', () => {
    const rows = readCsv(csvText(shop));
    expect(rows[0]).toEqual([
      'source_namespace',
      'source_kind',
      'source_name',
      'destination_namespace',
      'destination_kind',
      'destination_name',
      'verdict',
      'ports',
    ]);
    expect(rows).toHaveLength(1 + 48);
    expect(rows).toContainEqual(['shop', 'Deployment', 'web', 'shop', 'Deployment', 'api', 'allow-some', '8080/TCP']);
    expect(rows).toContainEqual(['shop', 'Deployment', 'web', 'shop', 'StatefulSet', 'db', 'deny', '']);
    expect(rows).toContainEqual(['', 'outside', 'internet', 'legacy', 'Pod', 'batch', 'allow-all', 'all']);
  });

  it('ends each row as RFC 4180 says', () => {
    const text = csvText(shop);
    expect(text.endsWith('\r\n')).toBe(true);
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  it('gives hostile names back as they were, and none that a spreadsheet would run', () => {
    const names = readCsv(csvText(hostile)).map((row) => row[2] ?? '');
    for (const name of HOSTILE_NAMES) expect(names).toContain(name.startsWith('=') ? `'${name}` : name);
    expect(names.filter((name) => /^[=+\-@]/.test(name))).toEqual([]);
  });

  it('can leave out what is denied', () => {
    expect(
      readCsv(csvText(selectView(makeShop(), { only: 'allowed' })))
        .slice(1)
        .map((row) => row[6]),
    ).not.toContain('deny');
  });
});

describe('JSON', () => {
  it.each([
    ['a shop', shop],
    ['hostile names', hostile],
    ['a cluster', selectView(makeCluster({ workloads: 60, namespaces: 8 }))],
    ['nothing', selectView(makeReport([], []))],
    ['one port', selectView(makeShop(), { ports: tcp(80), only: 'allowed' })],
  ])('of %s is as the schema says', (_name, view) => {
    const valid = isMatrix(JSON.parse(jsonText(view)));
    expect(isMatrix.errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });

  it('names peers by their ids, and says what is allowed between them', () => {
    const { version, connections, peers } = JSON.parse(jsonText(shop)) as {
      version: number;
      connections: { from: string; to: string }[];
      peers: { id: string }[];
    };
    expect(version).toBe(1);
    expect(connections.find(({ from, to }) => from === 'shop/Deployment/api' && to === 'internet')).toEqual({
      from: 'shop/Deployment/api',
      to: 'internet',
      verdict: 'allow',
      ports: [{ protocol: 'TCP', first: 443, last: 443 }],
    });
    expect(peers.find(({ id }) => id === 'shop/StatefulSet/db')).toMatchObject({
      pods: 1,
      isolatedBy: { egress: ['shop/default-deny'], ingress: ['shop/default-deny', 'shop/db', 'shop/scrape'] },
    });
  });

  it('has a connection a line', () => {
    expect(
      jsonText(shop)
        .split('\n')
        .filter((line) => line.includes('"from"')),
    ).toHaveLength(48);
  });
});

describe('10,000 pods', () => {
  const pods = selectView(makeCluster({ workloads: 500, namespaces: 60, pods: 20, by: 'pod' }));

  it('can be had piece by piece', () => {
    for (const pieces of [csvRows(pods), jsonPieces(pods)]) {
      const first = Array.from({ length: 1000 }, () => String(pieces.next().value));
      expect(first.every((piece) => piece.length > 0)).toBe(true);
    }
  });
});

describe('Markdown', () => {
  it('is a table of all pairs while it is small', () => {
    const lines = formatMarkdown(shop).split('\n');
    expect(lines[0]).toBe('**Who reaches whom** in `./manifests`');
    expect(lines).toContain('| `shop/Deployment/api` | – | – | – | – | 5432 | – | 443 |');
  });

  it('is else a table of what each source reaches', () => {
    const text = formatMarkdown(selectView(makeCluster({ workloads: 24, namespaces: 4 })));
    expect(text).toContain('| from | to | on |');
    expect(text).toMatch(/\| `team-1\/Deployment\/front` \| .*`platform\/.* \| 53\/TCP, 53\/UDP \|/);
  });

  it('keeps its columns whatever the names are', () => {
    const rows = formatMarkdown(hostile)
      .split('\n')
      .filter((line) => line.startsWith('|'));
    expect(rows.length).toBeGreaterThan(HOSTILE_NAMES.length);
    for (const row of rows) expect(row.match(/\|/g)).toHaveLength(4);
  });

  it('has no HTML but its own, and no Markdown of the names', () => {
    const text = formatMarkdown(hostile).replaceAll(/<\/?code>/g, '');
    expect(text).not.toMatch(/[<>]/);
    expect(text).not.toContain('[f]');
    expect(text).not.toContain('`c`');
  });

  it('says what makes it incomplete', () => {
    expect(formatMarkdown(selectView({ ...makeShop(), incomplete: ['no <Namespace> shop'] }))).toContain(
      '- Incomplete: no &#60;Namespace&#62; shop',
    );
  });
});
