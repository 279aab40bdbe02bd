/** The HTML page in a real browser: many workloads, and none. */

import { describe, expect, it } from 'vitest';
import { leaveOutIf } from '../../support/requires.ts';
import { makeCluster } from '../matrix/cluster-matrix.ts';
import { makeReport } from '../matrix/matrix-builder.ts';
import { browserObstacle, rowsAndColumns, textOf } from './browser.ts';
import { useBrowser } from './use-browser.ts';

describe('the page of', leaveOutIf(browserObstacle), () => {
  const browser = useBrowser();

  const large = makeCluster({ workloads: 500, namespaces: 40, pods: 20, roles: 8 });

  it('500 workloads are painted', async () => {
    const { page } = await browser.open(large);
    expect(await rowsAndColumns(page)).toEqual([502, 502]);
    await page.close();
  });

  it('two fingers zoom where they are', async () => {
    const { page } = await browser.open(large, { width: 390, height: 844 });
    const touches = await page.createCDPSession();
    const send = async (type: 'touchStart' | 'touchMove' | 'touchEnd', apart: number): Promise<void> => {
      const points =
        type === 'touchEnd'
          ? []
          : [
              { x: 250 - apart, y: 400, id: 0 },
              { x: 250 + apart, y: 400, id: 1 },
            ];
      await touches.send('Input.dispatchTouchEvent', { type, touchPoints: points });
    };
    const width = async (): Promise<number> => {
      const names = new Set<string>();
      for (let x = 200; x < 300; x += 1) {
        await page.mouse.move(x, 400);
        names.add(await textOf(page, '#where'));
      }
      return names.size;
    };
    const before = await width();
    await send('touchStart', 10);
    for (const apart of [20, 40, 60, 80, 100]) await send('touchMove', apart);
    await send('touchEnd', 0);
    // A hundred pixels held so many columns; now about a tenth.
    expect(before).toBeGreaterThan(50);
    expect(await width()).toBeLessThan(before / 5);
    await page.close();
  });

  it('10,000 pods are painted, too', async () => {
    const { page, complaints } = await browser.open(makeCluster({ workloads: 500, namespaces: 40, pods: 20, roles: 8, by: 'pod' }));
    expect(await rowsAndColumns(page)).toEqual([10_002, 10_002]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('no workloads at all are said to be so', async () => {
    const { page, complaints } = await browser.open(makeReport([], []));
    expect(await textOf(page, '.empty')).toBe('There are no workloads in what was audited.');
    expect(complaints).toEqual([]);
    await page.close();
  });
});
