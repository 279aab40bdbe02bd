/** A headless Chromium that opens pages from a folder of its own, and keeps what they ask for and complain of. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import type { MatrixReport } from '../../../src/audit/matrix/matrix-report.ts';
import type { Filters } from '../../../src/audit/page/browser/view-state.ts';
import { loadPageParts } from '../../../src/audit/page/load-page-parts.ts';
import { makePage } from '../../../src/audit/page/make-page.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

function findChromium(): string | undefined {
  const asked = process.env['CHROMIUM'];
  if (asked !== undefined) return asked;
  return NAMES.map((name) => spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim()).find((path) => path !== '');
}

const chromium = process.platform === 'win32' ? undefined : findChromium();

/** Why there is no browser; undefined where there is one. */
export const browserObstacle: string | undefined = chromium === undefined ? 'needs Chromium' : undefined;

export interface OpenOptions {
  /** Without the `#`. */
  readonly hash?: string;
  /** With which it opens. */
  readonly filters?: Partial<Filters>;
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
}

export interface OpenPage {
  readonly page: Page;
  /** Addresses of all requests but that of the page itself. */
  readonly requests: readonly string[];
  /** Why requests came to nothing, by their addresses: `csp` where the policy has stopped them. */
  readonly failures: ReadonlyMap<string, string>;
  /** Errors of the script and of the console, breaches of the content security policy among them. */
  readonly complaints: readonly string[];
}

export class TestBrowser implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #folder: string;
  readonly #parts = loadPageParts();
  #count = 0;

  private constructor(browser: Browser, folder: string) {
    this.#browser = browser;
    this.#folder = folder;
  }

  static async start(): Promise<TestBrowser> {
    const folder = mkdtempSync(join(tmpdir(), 'postern-page-'));
    const browser = await puppeteer.launch({
      executablePath: chromium ?? '',
      userDataDir: join(folder, 'profile'),
      // Root has no sandbox. Nothing that Chromium asks of its own accord gets out.
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--host-resolver-rules=MAP * ~NOTFOUND',
        '--proxy-server=127.0.0.1:9',
      ],
    });
    return new TestBrowser(browser, folder);
  }

  /** Resolves when the matrix has been painted. */
  async open(report: MatrixReport, { filters = {}, ...options }: OpenOptions = {}): Promise<OpenPage> {
    return this.openText(makePage(report, { filters, parts: this.#parts }), options);
  }

  async openText(
    text: string,
    { hash = '', width = 1400, height = 900, scheme = 'light' }: Omit<OpenOptions, 'filters'> = {},
  ): Promise<OpenPage> {
    this.#count += 1;
    const file = join(this.#folder, `page-${this.#count}.html`);
    writeFileSync(file, text);
    const page = await this.#browser.newPage();
    const address = pathToFileURL(file).href;
    const requests: string[] = [];
    const failures = new Map<string, string>();
    const complaints: string[] = [];
    page.on('requestfailed', (request) => failures.set(request.url(), request.failure()?.errorText ?? ''));
    page.on('request', (request) => {
      const url = request.url();
      if (url.split('#')[0] !== address) requests.push(url);
    });
    page.on('console', (message) => {
      if (['error', 'warn'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.setViewport({ width, height });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.goto(`${address}#${hash}`);
    await page.waitForFunction('performance.getEntriesByName("painted").length > 0');
    return { page, requests, failures, complaints };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** As an address names this pair of the shop, its rules shown. */
export const WEB_TO_API = new URLSearchParams({ source: 'shop/Deployment/web', destination: 'shop/Deployment/api', open: '1' }).toString();

export async function press(page: Page, ...keys: readonly Parameters<Page['keyboard']['press']>[0][]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

export async function hashOf(page: Page): Promise<URLSearchParams> {
  return new URLSearchParams(String(await page.evaluate('location.hash.slice(1)')));
}

export async function rowsAndColumns(page: Page): Promise<readonly [number, number]> {
  return (await page.evaluate(
    '["aria-rowcount", "aria-colcount"].map((name) => Number(document.querySelector(".grid").getAttribute(name)))',
  )) as [number, number];
}

/** What is written in the first element that the selector finds. */
export async function textOf(page: Page, selector: string): Promise<string> {
  return String(await page.evaluate(`document.querySelector(${JSON.stringify(selector)})?.textContent ?? ''`));
}

/** A place in the window where the line of status names this cell: found as a hand finds it. */
export async function findCell(page: Page, text: string): Promise<{ x: number; y: number }> {
  for (let y = 150; y < 840; y += 22) {
    for (let x = 150; x < 1000; x += 22) {
      await page.mouse.move(x, y);
      if ((await textOf(page, '#where')).startsWith(text)) return { x, y };
    }
  }
  throw new Error(`no cell ${text}`);
}
