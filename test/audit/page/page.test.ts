/** The HTML page in a real browser: what it shows, how it is used, and that it keeps to itself. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'puppeteer-core';
import { makePage } from '../../../src/audit/page/make-page.ts';
import { leaveOutIf } from '../../support/requires.ts';
import { HOSTILE_NAMES, makeCluster, makeHostile, makeReport, makeShop } from '../matrix/matrix-builder.ts';
import { browserObstacle, findCell, TestBrowser, textOf } from './browser.ts';

/** To the first paint with 500 workloads, on a machine that does other things, too. */
const PAINT_BOUND_MS = 5000;
/** For a frame while the matrix is moved. Aimed at are 17. */
const FRAME_BOUND_MS = 150;

const WEB_TO_API = new URLSearchParams({ source: 'shop/Deployment/web', destination: 'shop/Deployment/api', open: '1' }).toString();

let browser: TestBrowser;

async function press(page: Page, ...keys: readonly Parameters<Page['keyboard']['press']>[0][]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

async function hashOf(page: Page): Promise<URLSearchParams> {
  return new URLSearchParams(String(await page.evaluate('location.hash.slice(1)')));
}

async function rowsAndColumns(page: Page): Promise<readonly [number, number]> {
  return (await page.evaluate(
    '["aria-rowcount", "aria-colcount"].map((name) => Number(document.querySelector(".grid").getAttribute(name)))',
  )) as [number, number];
}

describe('the page', leaveOutIf(browserObstacle), () => {
  beforeAll(async () => {
    browser = await TestBrowser.start();
  });
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
  });

  describe('by itself:', () => {
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

  describe('shows why:', () => {
    it('a click on a cell shows the rules of both sides, with file and line', async () => {
      const { page } = await browser.open(makeShop());
      const { x, y } = await findCell(page, 'shop/Deployment/api to shop/StatefulSet/db:');
      await page.mouse.click(x, y);
      const text = await textOf(page, '#panel');
      expect(text).toContain('Allowed on 5432/TCP');
      expect(text).toContain('Egress of api');
      expect(text).toContain('Ingress of db');
      expect(text).toContain('shop/default-deny');
      expect(text).toContain('to pods {app=db} in shop on 5432/TCPAllows 5432/TCP.shop/policies.yaml:46');
      expect(text).toContain('to 0.0.0.0/0 on 443/TCPDoes not name db.');
      await page.close();
    });

    it('a denied pair says that no rule lets it through, and which policies isolate', async () => {
      const { page } = await browser.open(makeShop(), {
        hash: new URLSearchParams({ source: 'shop/StatefulSet/db', destination: 'legacy/Pod/batch', open: '1' }).toString(),
      });
      const text = await textOf(page, '#panel');
      expect(text).toContain('Denied');
      expect(text).toContain('These policies have no rule for egress: nothing may leave.');
      expect(text).toContain('No policy isolates batch for ingress: everything may come in.');
      await page.close();
    });

    it('the other way round is a button away', async () => {
      const { page } = await browser.open(makeShop(), { hash: WEB_TO_API });
      expect(await textOf(page, '.verdict')).toContain('Allowed on 8080/TCP');
      await page.click('.panel-head button');
      expect(await textOf(page, '.verdict')).toBe('Denied');
      expect((await hashOf(page)).get('source')).toBe('shop/Deployment/api');
      await page.close();
    });

    it('a port that the destination has not is told from a rule that does not name it', async () => {
      const report = makeReport(
        [
          { namespace: 'n', workload: 'Deployment', name: 'a' },
          { namespace: 'n', workload: 'Deployment', name: 'b' },
        ],
        [
          {
            name: 'n/p',
            selects: ['n/Deployment/b'],
            ingress: [{ peers: 'any', ports: { TCP: [], UDP: [], SCTP: [] } }],
          },
        ],
      );
      const { page } = await browser.open(report, {
        hash: new URLSearchParams({ source: 'n/Deployment/a', destination: 'n/Deployment/b', open: '1' }).toString(),
      });
      expect(await textOf(page, '#panel')).toContain('Names it, but none of its ports');
      await page.close();
    });

    it('before, there is an overview, with what is incomplete', async () => {
      const { page } = await browser.open({ ...makeShop(), incomplete: ['no Namespace legacy'] });
      const text = await textOf(page, '#panel');
      expect(text).toContain('7 sources × 7 destinations: 21 pairs allowed, 27 denied.');
      expect(text).toContain('no Namespace legacy');
      await page.close();
    });
  });

  describe('by keyboard alone:', () => {
    it('arrows move the cursor, Enter opens, Escape closes and gives the focus back', async () => {
      const { page } = await browser.open(makeShop());
      await page.focus('.grid');
      await press(page, 'Home', 'ArrowDown', 'ArrowRight', 'ArrowRight');
      expect(await textOf(page, '#live')).toBe(
        'monitoring/DaemonSet/node-exporter to monitoring/StatefulSet/prometheus: allowed on 9090/TCP, 9100/TCP',
      );
      expect(await textOf(page, '#cursor-cell')).toBe(await textOf(page, '#live'));
      await press(page, 'Enter');
      expect(await textOf(page, '#panel h2')).toBe('Why');
      expect(await page.evaluate('document.activeElement.id')).toBe('panel');
      await press(page, 'Escape');
      expect(await textOf(page, '#panel h2')).toBe('About this matrix');
      expect(await page.evaluate('document.activeElement.className')).toBe('grid');
      await page.close();
    });

    it('the cursor stops at the edges, and goes by namespaces', async () => {
      const { page } = await browser.open(makeShop());
      await page.focus('.grid');
      await press(page, 'ArrowUp', 'ArrowLeft');
      expect(await textOf(page, '#live')).toMatch(/^legacy\/Pod\/batch to legacy\/Pod\/batch/);
      await press(page, 'PageDown', 'PageDown');
      expect(await textOf(page, '#live')).toMatch(/^shop\/Deployment\/api to/);
      await press(page, 'PageUp', 'End');
      expect(await textOf(page, '#live')).toMatch(/^monitoring\/DaemonSet\/node-exporter to internet/);
      await page.close();
    });

    it('/ goes to the search, Enter to what it finds, Escape back', async () => {
      const { page } = await browser.open(makeShop());
      await press(page, '/');
      expect(await page.evaluate('document.activeElement.id')).toBe('search');
      await page.keyboard.type('web');
      await press(page, 'Enter');
      expect(await textOf(page, '#live')).toMatch(/^shop\/Deployment\/web to/);
      await press(page, 'Escape');
      expect(await page.evaluate('document.activeElement.className')).toBe('grid');
      await page.close();
    });

    it('what has the focus can be seen', async () => {
      const { page } = await browser.open(makeShop());
      const unseen: string[] = [];
      for (let step = 0; step < 18; step += 1) {
        await press(page, 'Tab');
        const seen = await page.evaluate(`(() => {
          const one = document.activeElement;
          const { outlineStyle, outlineWidth } = getComputedStyle(one);
          return one === document.body || (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1);
        })()`);
        if (seen !== true) unseen.push(String(await page.evaluate('document.activeElement.outerHTML.slice(0, 80)')));
      }
      expect(unseen).toEqual([]);
      await page.close();
    });

    it('the graph can be walked, and its nodes say what goes in and out', async () => {
      const { page } = await browser.open(makeShop(), { hash: 'view=graph' });
      await page.evaluate('document.querySelector(".node").focus()');
      expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('Pod/batch in legacy: 4 lines out, 3 in');
      await press(page, 'ArrowRight', 'Enter');
      expect(await textOf(page, '#panel h2')).toBe('monitoring/DaemonSet/node-exporter');
      expect(await textOf(page, '#panel')).toContain('monitoring/node-exporter → legacy/batch: 9090,9100');
      await page.close();
    });
  });

  describe('filters:', () => {
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

  describe('in the address:', () => {
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
  });

  describe('looks:', () => {
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

  describe('is quick:', () => {
    const large = makeCluster({ workloads: 500, namespaces: 40, pods: 20, roles: 8 });

    it('500 workloads are painted soon', async () => {
      const { page } = await browser.open(large);
      const painted = Number(await page.evaluate('performance.getEntriesByName("painted")[0].startTime'));
      expect(painted).toBeLessThan(PAINT_BOUND_MS);
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

    it('500 workloads follow the hand', async () => {
      const { page, complaints } = await browser.open(large);
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
      expect(gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)]).toBeLessThan(FRAME_BOUND_MS);
      expect(complaints).toEqual([]);
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
});
