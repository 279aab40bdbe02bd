/** The HTML page in a real browser: it keeps to itself, and names stay text. */

import { describe, expect, it } from 'vitest';
import { makePage } from '../../../src/audit/page/make-page.ts';
import { leaveOutIf } from '../../support/requires.ts';
import { HOSTILE_NAMES, makeHostile } from '../matrix/hostile-matrix.ts';
import { makeShop } from '../matrix/shop-matrix.ts';
import { browserObstacle, press, textOf } from './browser.ts';
import { useBrowser } from './use-browser.ts';

describe('the page', leaveOutIf(browserObstacle), () => {
  const browser = useBrowser();

  it('asks for nothing and complains of nothing, in any view', async () => {
    const { page, requests, complaints } = await browser.open(makeShop());
    for (const view of ['graph', 'list', 'matrix']) await page.click(`#tab-${view}`);
    await page.click('#theme');
    expect(requests).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('lets its policy hold: no script, no style and no request but its own', async () => {
    const { page, requests, failures, complaints } = await browser.open(makeShop());
    await page.evaluate(`
      const script = document.createElement('script');
      script.textContent = 'globalThis.broken = 1';
      document.body.append(script);
      const style = document.createElement('style');
      style.textContent = 'body { display: none }';
      document.body.append(style);
      const image = document.createElement('img');
      image.src = 'https://example.invalid/x.png';
      document.body.append(image);
      fetch('https://example.invalid/').catch(() => undefined);
    `);
    expect(await page.evaluate('globalThis.broken')).toBeUndefined();
    expect(await page.evaluate('getComputedStyle(document.body).display')).toBe('flex');
    expect(complaints.filter((text) => text.includes('Content Security Policy')).length).toBeGreaterThanOrEqual(3);
    // The browser names what it was asked for, and what stopped it.
    expect(requests.map((url) => failures.get(url))).toEqual(requests.map(() => 'csp'));
    await page.close();
  });

  it('hostile names stay text, whatever is done with them', async () => {
    const { page, complaints, requests } = await browser.open(makeHostile());
    await page.focus('.grid');
    await press(page, 'ArrowRight', 'ArrowDown', 'Enter', 'Escape');
    for (const view of ['graph', 'list', 'matrix']) await page.click(`#tab-${view}`);
    await page.evaluate('window.dispatchEvent(new Event("beforeprint"))');
    expect(await page.evaluate('globalThis.broken')).toBeUndefined();
    expect(await page.evaluate('document.querySelectorAll("img, iframe, a[href^=javascript]").length')).toBe(0);
    expect(await textOf(page, '#input')).toBe(HOSTILE_NAMES[0]);
    expect(await page.title()).toContain('</script>');
    expect(complaints).toEqual([]);
    expect(requests).toEqual([]);
    await page.close();
  });

  it('a script of another text does not run under its policy', async () => {
    const text = makePage(makeShop()).replace('</body>', '<script>globalThis.broken=1</script></body>');
    const { page, complaints } = await browser.openText(text);
    expect(await page.evaluate('globalThis.broken')).toBeUndefined();
    expect(complaints.join()).toContain('Content Security Policy');
    await page.close();
  });
});
