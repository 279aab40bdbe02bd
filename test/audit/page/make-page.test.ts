/** The page as text: what it is made of, and that nothing of the report gets out of its place. */

import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { MatrixReport } from '../../../src/audit/matrix/matrix-report.ts';
import { loadPageParts } from '../../../src/audit/page/load-page-parts.ts';
import { makePage } from '../../../src/audit/page/make-page.ts';
import { unpackReport, type PackedReport } from '../../../src/audit/page/packed-report.ts';
import { makeCluster } from '../matrix/cluster-matrix.ts';
import { HOSTILE_NAMES, makeHostile } from '../matrix/hostile-matrix.ts';
import { makeShop } from '../matrix/shop-matrix.ts';

const parts = loadPageParts();
const page = makePage(makeShop(), { parts });

function embedded(text: string): MatrixReport {
  return unpackReport(JSON.parse(/<script type="application\/json" id="report">(.*?)<\/script>/s.exec(text)?.[1] ?? '') as PackedReport);
}

describe('the text of the page', () => {
  it('holds the report as it is', () => {
    expect(embedded(page)).toEqual(makeShop());
    expect(embedded(makePage(makeHostile(), { parts }))).toEqual(JSON.parse(JSON.stringify(makeHostile())));
  });

  it('allows its own script and style by their hashes, and nothing else', () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
    const hash = (text: string): string => createHash('sha256').update(text).digest('base64');
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `script-src 'sha256-${hash(parts.script)}'`,
      `style-src 'sha256-${hash(parts.style)}'`,
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
    ]);
  });

  it('names no other address', () => {
    const addresses = page.match(/\b(?:src|href|action)="[^"]*"/g) ?? [];
    expect(addresses.filter((one) => !['href="#stage"', 'href="data:,"'].includes(one))).toEqual([]);
    expect(page.match(/https?:\/\/[^\s"'`)]+/g)?.filter((one) => !one.startsWith('http://www.w3.org/')) ?? []).toEqual([]);
    expect(parts.style).not.toMatch(/@import|url\(/);
  });

  it('lets no name end its element, nor begin another', () => {
    const text = makePage(makeHostile(), { parts });
    const count = (of: string, what: RegExp): number => of.match(what)?.length ?? 0;
    for (const what of [/<script/g, /<\/script/g, /<img/g, /<!--/g, /<title/g])
      expect(count(text, what), String(what)).toBe(count(page, what));
    expect(/<title>(.*)<\/title>/.exec(text)?.[1]).toBe(
      'Who reaches whom: &#60;/script&#62;&#60;script&#62;globalThis.broken=1&#60;/script&#62;',
    );
  });

  it('has nothing in it that a template would fill in', () => {
    expect(makePage({ ...makeShop(), input: '$& $1 $` ${x}' }, { parts })).toContain('<title>Who reaches whom: $&#38; $1 $` ${x}</title>');
  });

  it('holds the filters with which it opens', () => {
    const filters = { namespaces: HOSTILE_NAMES, ports: '</script>', show: 'denied' } as const;
    const text = makePage(makeShop(), { filters, parts });
    expect(JSON.parse(/<script type="application\/json" id="first">(.*?)<\/script>/s.exec(text)?.[1] ?? '')).toEqual(filters);
    expect(text.match(/<\/script/g)?.length).toBe(page.match(/<\/script/g)?.length);
  });

  it('is the same for the same report', () => {
    expect(makePage(makeShop(), { parts })).toBe(page);
  });

  it('stays below a megabyte for 500 workloads', () => {
    const report = makeCluster({ workloads: 500, namespaces: 40, pods: 20, roles: 8 });
    expect(makePage(report, { parts }).length).toBeLessThan(1_000_000);
  });
});

describe('the parts of the page', () => {
  it('are what the build writes beside the compiled code', () => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-parts-'));
    try {
      const script = fileURLToPath(new URL('../../../scripts/build-page.ts', import.meta.url));
      const { status, stderr } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' });
      expect(status, stderr).toBe(0);
      expect(JSON.parse(readFileSync(join(folder, 'audit/page/page-parts.json'), 'utf8'))).toEqual(parts);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it.each([
    ['neither built ones nor sources', undefined],
    ['built ones that are cut short', '{"script":"'],
  ])('are refused with their code where there are %s', (_, built) => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-parts-'));
    try {
      if (built !== undefined) writeFileSync(join(folder, 'page-parts.json'), built);
      expect(() => loadPageParts(pathToFileURL(`${folder}/`))).toThrow(
        expect.objectContaining({ code: 'E_PAGE_PARTS', mend: expect.stringContaining('install the package again') as string }),
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
