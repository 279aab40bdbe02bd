/** The HTML page in a real browser: why a pair is allowed or denied, by hand and by keyboard. */

import { describe, expect, it } from 'vitest';
import { leaveOutIf } from '../../support/requires.ts';
import { makeReport } from '../matrix/matrix-builder.ts';
import { makeShop } from '../matrix/shop-matrix.ts';
import { browserObstacle, findCell, hashOf, press, textOf, WEB_TO_API } from './browser.ts';
import { useBrowser } from './use-browser.ts';

describe('the page shows why:', leaveOutIf(browserObstacle), () => {
  const browser = useBrowser();

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

describe('the page by keyboard alone:', leaveOutIf(browserObstacle), () => {
  const browser = useBrowser();

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
