/** The HTML page in a real browser: light and dark, on small screens, in print, for everybody. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { leaveOutIf } from '../../support/requires.ts';
import { makeCluster } from '../matrix/cluster-matrix.ts';
import { makeShop } from '../matrix/shop-matrix.ts';
import { browserObstacle, press, textOf, WEB_TO_API } from './browser.ts';
import { useBrowser } from './use-browser.ts';

describe('the page looks', leaveOutIf(browserObstacle), () => {
  const browser = useBrowser();

  it('dark where the system is dark, and as the switch says', async () => {
    const { page } = await browser.open(makeShop(), { scheme: 'dark' });
    const brightness = async (): Promise<number> =>
      Number(
        await page.evaluate(
          'getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).reduce((sum, one) => sum + Number(one), 0)',
        ),
      );
    expect(await brightness()).toBeLessThan(200);
    await page.click('#theme');
    expect(await brightness()).toBeGreaterThan(600);
    await page.click('#theme');
    expect(await brightness()).toBeLessThan(200);
    await page.close();
  });

  it('the canvas takes the theme, too', async () => {
    const pixel = async (scheme: 'light' | 'dark'): Promise<number> => {
      const { page } = await browser.open(makeShop(), { scheme });
      const value = await page.evaluate(`(() => {
        const canvas = document.querySelector('canvas');
        return [...canvas.getContext('2d').getImageData(canvas.width - 4, canvas.height - 4, 1, 1).data].slice(0, 3).reduce((sum, one) => sum + one, 0);
      })()`);
      await page.close();
      return Number(value);
    };
    expect(await pixel('light')).toBeGreaterThan(700);
    expect(await pixel('dark')).toBeLessThan(150);
  });

  it('on a telephone nothing is wider than the screen, and filters open on demand', async () => {
    const { page } = await browser.open(makeShop(), { width: 390, height: 844 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    expect(await page.evaluate('getComputedStyle(document.querySelector("#filters")).display')).toBe('none');
    await page.click('#toggle-filters');
    expect(await page.evaluate('getComputedStyle(document.querySelector("#filters")).display')).toBe('grid');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await page.close();
  });

  it('on a telephone the panel lies over the foot, and the cell is moved above it', async () => {
    const { page } = await browser.open(makeCluster({ workloads: 60, namespaces: 8 }), { width: 390, height: 844 });
    await page.focus('.grid');
    await press(page, 'PageDown', 'PageDown', 'PageDown', 'PageDown', 'PageDown', 'PageDown', 'PageDown', 'Home', 'Enter');
    const cell = await textOf(page, '#cursor-cell');
    const top = Number(await page.evaluate('document.querySelector("#panel").getBoundingClientRect().top'));
    expect(top).toBeLessThan(600);
    const seen: string[] = [];
    for (let y = 130; y < top - 1; y += 2) {
      await page.mouse.move(143, y);
      seen.push(await textOf(page, '.tip:not([hidden])'));
    }
    expect(seen).toContain(cell);
    await page.close();
  });

  it('a printer gets a table', async () => {
    const { page } = await browser.open(makeShop());
    await page.evaluate('window.dispatchEvent(new Event("beforeprint"))');
    await page.emulateMediaType('print');
    expect(await page.evaluate('getComputedStyle(document.querySelector(".bar")).display')).toBe('none');
    expect(await page.evaluate('document.querySelectorAll("#print tbody tr").length')).toBe(7);
    expect(await textOf(page, '#print')).toContain('5432');
    expect((await page.pdf()).length).toBeGreaterThan(2000);
    await page.close();
  });

  it.each(['matrix', 'graph', 'list'])('axe finds nothing amiss in the %s, light or dark', async (view) => {
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    for (const scheme of ['light', 'dark'] as const) {
      const { page } = await browser.open(makeShop(), { scheme, hash: `view=${view}&${WEB_TO_API}` });
      await page.evaluate(axe);
      const faults = await page.evaluate(
        'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" ")}`))',
      );
      expect(faults, scheme).toEqual([]);
      await page.close();
    }
  });
});
