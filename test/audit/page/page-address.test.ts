/** The HTML page in a real browser: what it shows is in its address. */

import { describe, expect, it } from 'vitest';
import type { Page } from 'puppeteer-core';
import { leaveOutIf } from '../../support/requires.ts';
import { makeCluster } from '../matrix/cluster-matrix.ts';
import { makeShop } from '../matrix/shop-matrix.ts';
import { browserObstacle, hashOf, press, rowsAndColumns, textOf, WEB_TO_API } from './browser.ts';
import { useBrowser } from './use-browser.ts';

const cluster = makeCluster({ workloads: 60, namespaces: 8 });

/** After the hand has rested. */
async function settledHash(page: Page, name: 'matrix' | 'graph'): Promise<string> {
  await page.waitForFunction(`location.hash.includes("${name}=")`);
  await new Promise((resolve) => setTimeout(resolve, 300));
  return (await hashOf(page)).toString();
}

/** What the line of status names at some places of the window. */
async function seenCells(page: Page): Promise<string[]> {
  const seen: string[] = [];
  for (const [x, y] of [
    [330, 330],
    [420, 520],
    [440, 700],
  ] as const) {
    await page.mouse.move(x, y);
    seen.push(await textOf(page, '#where'));
  }
  return seen;
}

describe('the address of the page:', leaveOutIf(browserObstacle), () => {
  const browser = useBrowser();

  it('a view can be linked: all of it comes back', async () => {
    const first = await browser.open(makeShop());
    await first.page.type('#from', 'shop');
    await first.page.type('#ports', '8080');
    await first.page.select('#show', 'allowed');
    await first.page.click('#theme');
    await first.page.focus('.grid');
    await press(first.page, 'Home', 'Enter');
    const hash = (await hashOf(first.page)).toString();
    const verdict = await textOf(first.page, '#panel');
    await first.page.close();
    const second = await browser.open(makeShop(), { hash });
    expect((await hashOf(second.page)).toString()).toBe(hash);
    expect(await textOf(second.page, '#panel')).toBe(verdict);
    expect(await second.page.evaluate('document.querySelector("#ports").value')).toBe('8080');
    expect(await second.page.evaluate('document.documentElement.dataset.theme')).toBe('light');
    await second.page.close();
  });

  it('a changed address changes the view', async () => {
    const { page } = await browser.open(makeShop());
    await page.evaluate(`location.hash = ${JSON.stringify(WEB_TO_API)}`);
    await page.waitForFunction('document.querySelector("#panel h2").textContent === "Why"');
    await page.evaluate('location.hash = "view=graph"');
    await page.waitForSelector('.graph .node');
    await page.close();
  });

  it('nonsense in the address shows the first view', async () => {
    const { page, complaints } = await browser.open(makeShop(), { hash: 'view=x&side=%&source=nobody&destination=&open=1&ports=http' });
    expect(await rowsAndColumns(page)).toEqual([7, 7]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('a zoomed and moved matrix can be linked', async () => {
    const first = await browser.open(cluster);
    await first.page.mouse.move(700, 500);
    await first.page.mouse.wheel({ deltaY: -700 });
    await first.page.mouse.down();
    await first.page.mouse.move(560, 390, { steps: 3 });
    await first.page.mouse.up();
    const hash = await settledHash(first.page, 'matrix');
    const seen = await seenCells(first.page);
    await first.page.close();
    const second = await browser.open(cluster, { hash });
    expect(await seenCells(second.page)).toEqual(seen);
    expect((await hashOf(second.page)).toString()).toBe(hash);
    await second.page.click('[aria-label="Fit the whole matrix"]');
    await second.page.waitForFunction('!location.hash.includes("matrix=")');
    expect(await seenCells(second.page)).not.toEqual(seen);
    await second.page.close();
  });

  it('what was seen is linked, also where the cursor is elsewhere', async () => {
    const cell = new URLSearchParams({ source: 'platform/Deployment/front', destination: 'platform/Deployment/front' });
    const { page } = await browser.open(cluster, { hash: `${cell.toString()}&matrix=20+20+60` });
    expect(await textOf(page, '#cursor-cell')).toContain('platform/Deployment/front to platform/Deployment/front');
    expect((await seenCells(page)).join()).not.toContain('platform/');
    await page.focus('.grid');
    await press(page, 'ArrowRight');
    expect((await seenCells(page)).join()).toContain('platform/');
    await page.close();
  });

  it('a place beyond the matrix is its end', async () => {
    const { page, complaints } = await browser.open(cluster, { hash: 'matrix=1e9+1e9+1e9', width: 500 });
    expect((await seenCells(page)).join()).toContain('office');
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('a zoomed and moved graph can be linked, with what it merges', async () => {
    const viewBox = async (page: Page): Promise<unknown> => page.evaluate('document.querySelector(".graph > svg").getAttribute("viewBox")');
    const first = await browser.open(makeShop(), { hash: 'view=graph' });
    const whole = await viewBox(first.page);
    await first.page.select('.graph select', 'namespace');
    await first.page.click('[aria-label="Zoom in"]');
    await first.page.click('[aria-label="Zoom in"]');
    await first.page.mouse.move(300, 500);
    await first.page.mouse.down();
    await first.page.mouse.move(360, 540, { steps: 3 });
    await first.page.mouse.up();
    const hash = await settledHash(first.page, 'graph');
    expect(hash).toContain('nodes=namespace');
    const rounded = (text: unknown): number[] =>
      String(text)
        .split(' ')
        .map((part) => Math.round(Number(part)));
    const seen = rounded(await viewBox(first.page));
    await first.page.close();
    const second = await browser.open(makeShop(), { hash });
    expect(rounded(await viewBox(second.page))).toEqual(seen);
    expect(await second.page.evaluate('document.querySelector(".graph select").value')).toBe('namespace');
    await second.page.select('.graph select', 'auto');
    expect(await viewBox(second.page)).toBe(whole);
    expect((await hashOf(second.page)).toString()).toBe('view=graph');
    await second.page.close();
  });

  it('other pairs make another graph, which is seen whole; the matrix stays zoomed', async () => {
    const { page } = await browser.open(makeShop(), { hash: 'view=graph&graph=1+2+300&matrix=1+1+90' });
    await page.type('#from', 'shop');
    const hash = await hashOf(page);
    expect([hash.get('graph'), hash.get('matrix')]).toEqual([null, '1 1 90']);
    await page.close();
  });

  it('says nothing of the filters that the page opens with, and all of others', async () => {
    const filters = { namespaces: ['shop'], show: 'denied', ports: '5432' } as const;
    const first = await browser.open(makeShop(), { filters });
    expect(await rowsAndColumns(first.page)).toEqual([4, 4]);
    expect(await textOf(first.page, '#namespaces-value')).toBe('shop');
    expect(await first.page.evaluate('document.querySelector("#show").value')).toBe('denied');
    expect(await first.page.evaluate('document.querySelector("#ports").value')).toBe('5432');
    await first.page.select('#show', 'allowed');
    expect((await hashOf(first.page)).toString()).toBe('show=allowed');
    await first.page.click('#reset');
    const hash = (await hashOf(first.page)).toString();
    expect(await rowsAndColumns(first.page)).toEqual([7, 7]);
    await first.page.close();
    const second = await browser.open(makeShop(), { filters, hash });
    expect(await rowsAndColumns(second.page)).toEqual([7, 7]);
    expect(await second.page.evaluate('document.querySelector("#ports").value')).toBe('');
    await second.page.close();
  });
});
