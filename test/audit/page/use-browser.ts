/** A browser for the tests of a group. */

import { afterAll, beforeAll } from 'vitest';
import { TestBrowser } from './browser.ts';

/** Started before the first of them, and closed behind the last. */
export function useBrowser(): Pick<TestBrowser, 'open' | 'openText'> {
  let browser: TestBrowser | undefined;
  const started = (): TestBrowser => {
    if (browser === undefined) throw new Error('no test runs yet');
    return browser;
  };
  beforeAll(async () => {
    browser = await TestBrowser.start();
  });
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
  });
  return {
    open: async (...args) => await started().open(...args),
    openText: async (...args) => await started().openText(...args),
  };
}
