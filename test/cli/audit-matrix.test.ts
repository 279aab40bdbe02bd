/** `postern audit matrix` as people run it: forms, filters, exit codes. */

import { describe, expect, it } from 'vitest';
import { MATRIX_FORMATS } from '../../src/audit/matrix/matrix-formats.ts';
import { AuditFolder, type Ended } from './audit-folder.ts';
import { SHOP } from './audit-manifests.ts';

const folder = AuditFolder.use({ 'shop.yaml': SHOP });
const matrix = (...args: string[]): Ended => folder.audit(['matrix', ...args]);
const rows = (csv: string): string[] => csv.split('\r\n').slice(1, -1);

describe('the matrix', () => {
  it('is a table of who reaches whom, where nothing else is asked for', () => {
    const { code, out, err } = matrix('shop.yaml');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('5432');
    expect(out.endsWith('\n')).toBe(true);
    expect(matrix('shop.yaml', '-o', 'table').out).toBe(out);
  });

  it('is written in every form at once', () => {
    const outputs = MATRIX_FORMATS.flatMap((format) => ['-o', `${format}=out/matrix.${format}`]);
    expect(matrix('shop.yaml', ...outputs)).toEqual({ code: 0, out: '', err: '' });
    const begins = {
      table: /web/,
      list: /web/,
      csv: /^source_namespace,/,
      json: /^\{/,
      markdown: /^\*\*Who/,
      dot: /^digraph/,
      mermaid: /^flowchart/,
      html: /^<!doctype html>/,
    };
    for (const format of MATRIX_FORMATS) expect(folder.read(`out/matrix.${format}`)).toMatch(begins[format]);
  });

  it('is of namespaces, verdicts and ports that are asked for', () => {
    const of = (...args: string[]): string[] => rows(matrix('shop.yaml', '-o', 'csv', ...args).out);
    const all = of();
    const denied = of('--only', 'denied');
    expect(denied).toContain('bank,Pod,api,shop,Pod,db,deny,');
    expect(denied).toEqual(all.filter((row) => row.endsWith(',deny,')));
    expect([...denied, ...of('--only', 'allowed')].toSorted()).toEqual(all.toSorted());
    expect(of('--peers-in', 'bank').some((row) => row.includes('shop'))).toBe(false);
    expect(of('--ports', '80', '--only', 'allowed').some((row) => row.startsWith('shop,Pod,web,shop,Pod,db,'))).toBe(false);
    expect(of('--ports', '5432', '--only', 'allowed')).toContain('shop,Pod,web,shop,Pod,db,allow-all,5432/TCP');
  });

  it('is whole as a page, which opens with what is asked for', () => {
    const pageOf = (...args: string[]): { readonly report: string; readonly first: unknown } => {
      const { out } = matrix('shop.yaml', '-o', 'html', ...args);
      const part = (id: string): string => new RegExp(`id="${id}">(.*?)</script>`, 's').exec(out)?.[1] ?? '';
      return { report: part('report'), first: JSON.parse(part('first')) };
    };
    const page = pageOf('--peers-in', 'bank', '--only', 'denied', '--ports', '443, 53/udp');
    expect(page.first).toEqual({ namespaces: ['bank'], show: 'denied', ports: '443, 53/udp' });
    expect(page.report).toContain('shop/Pod/db');
    expect(pageOf()).toEqual({ report: page.report, first: { namespaces: [], show: 'all', ports: '' } });
  });

  it('is not whole where something could not be read, and says so', () => {
    folder.write('broken.yaml', 'kind: NetworkPolicy\n: {');
    const { code, out } = matrix('shop.yaml', 'broken.yaml', '-o', 'json');
    expect(code).toBe(3);
    expect((JSON.parse(out) as { incomplete: string[] }).incomplete.join()).toContain('broken.yaml');
    expect(matrix('shop.yaml', 'broken.yaml', '--allow-incomplete').code).toBe(0);
  });

  it.each([
    ['ports that are none', ['shop.yaml', '--ports', '99999'], 'E_PORT_QUERY'],
    ['a file that is not there', ['none.yaml'], 'E_MANIFEST_READ'],
  ])('is refused with one line for %s', (_, args, code) => {
    const ended = matrix(...args);
    expect(ended).toMatchObject({ code: 1, out: '' });
    expect(ended.err).toMatch(new RegExp(`^postern: .+ \\[${code}\\]\\n$`));
  });
});
