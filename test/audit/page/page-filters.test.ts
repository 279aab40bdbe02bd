/** The HTML page in a real browser: what its filters leave. */

import { describe, expect, it } from 'vitest';
import { leaveOutIf } from '../../support/requires.ts';
import { makeShop } from '../matrix/shop-matrix.ts';
import { browserObstacle, rowsAndColumns, textOf } from './browser.ts';
import { useBrowser } from './use-browser.ts';

describe('the filters of the page:', leaveOutIf(browserObstacle), () => {
  const browser = useBrowser();

  it('by parts of the names of sources and destinations', async () => {
    const { page } = await browser.open(makeShop());
    await page.type('#from', 'monitoring/');
    await page.type('#to', 'db');
    expect(await rowsAndColumns(page)).toEqual([2, 1]);
    await page.click('#reset');
    expect(await rowsAndColumns(page)).toEqual([7, 7]);
    await page.close();
  });

  it('by namespaces; what is outside stays', async () => {
    const { page } = await browser.open(makeShop());
    await page.click('#namespaces summary');
    await page.click('#namespaces input[value="shop"]');
    expect(await rowsAndColumns(page)).toEqual([4, 4]);
    expect(await textOf(page, '#namespaces-value')).toBe('shop');
    await page.close();
  });

  it('by port and protocol; what is no port is said, and changes nothing', async () => {
    const { page } = await browser.open(makeShop());
    await page.type('#ports', '5432/TCP');
    // All that legacy and the internet may reach is open on every port.
    expect(await textOf(page, '#panel')).toContain('8 pairs allowed');
    await page.type('#ports', 'x');
    expect(await textOf(page, '#ports-error')).toContain('"5432/TCPx" is no port');
    expect(await page.evaluate('document.querySelector("#ports").getAttribute("aria-invalid")')).toBe('true');
    await page.close();
  });

  it('by direction: what one side lets through, whatever the other does', async () => {
    const { page } = await browser.open(makeShop());
    await page.select('#side', 'ingress');
    await page.focus('.grid');
    // To the database everything but what its own ingress names is denied; to legacy nothing is.
    expect(await textOf(page, '#panel')).toContain('38 pairs allowed');
    await page.select('#side', 'egress');
    expect(await textOf(page, '#panel')).toContain('28 pairs allowed');
    await page.close();
  });

  it('by verdict: rows and columns without any such pair go', async () => {
    const { page } = await browser.open(makeShop());
    await page.select('#show', 'allowed');
    expect(await rowsAndColumns(page)).toEqual([6, 7]);
    await page.type('#from', 'db');
    expect(await textOf(page, '.empty')).toBe('No workload is left by these filters.');
    await page.close();
  });

  it('the list has the pairs that are left', async () => {
    const { page } = await browser.open(makeShop(), { hash: 'view=list&from=shop' });
    expect(await textOf(page, 'caption')).toBe('3 allowed pairs');
    await page.type('#search', 'db');
    expect(await textOf(page, 'caption')).toBe('1 allowed pair');
    await page.click('tbody button');
    expect(await textOf(page, '.verdict')).toContain('5432/TCP');
    await page.close();
  });
});
