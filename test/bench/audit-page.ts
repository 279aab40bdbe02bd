/** How soon the HTML page of a matrix is seen, and how well it follows the hand, in a headless Chromium without a GPU. Usage: audit-page.ts */

import type { Page } from 'puppeteer-core';
import { makeCluster } from '../audit/matrix/cluster-matrix.ts';
import { browserObstacle, TestBrowser } from '../audit/page/browser.ts';

const SIZES = [100, 500, 2000];

if (browserObstacle === undefined) await measurePages();
else console.log(`The page is not measured: it ${browserObstacle}.`);

async function measurePages(): Promise<void> {
  await using browser = await TestBrowser.start();
  console.log('| workloads | first paint, ms | a frame while it is moved, ms (median) |\n|---|---|---|');
  for (const workloads of SIZES) {
    const { page } = await browser.open(makeCluster({ workloads, namespaces: Math.ceil(workloads / 12), pods: 20, roles: 8 }));
    const painted = Number(await page.evaluate('performance.getEntriesByName("painted")[0].startTime'));
    console.log(`| ${workloads.toLocaleString('en')} | ${painted.toFixed(0)} | ${(await frameWhileMoved(page)).toFixed(0)} |`);
    await page.close();
  }
}

/** Zoomed in, and dragged with the mouse for thirty steps. */
async function frameWhileMoved(page: Page): Promise<number> {
  await page.mouse.move(500, 500);
  await page.mouse.wheel({ deltaY: -1200 });
  const frames = page.evaluate(`new Promise((resolve) => {
    const times = [];
    const tick = (now) => (times.push(now), times.length < 40 ? requestAnimationFrame(tick) : resolve(times));
    requestAnimationFrame(tick);
  })`);
  await page.mouse.down();
  for (let step = 0; step < 30; step += 1) await page.mouse.move(500 - step * 9, 500 - step * 7);
  await page.mouse.up();
  const times = (await frames) as number[];
  const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0));
  return gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? Number.NaN;
}
