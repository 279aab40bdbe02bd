/** Finds the page's script and style: built ones beside this module, else made from their sources. */

import { existsSync, readFileSync } from 'node:fs';
import { bundlePageParts, missingParts, type PageParts } from './bundle-page-parts.ts';

/** What scripts/build-page.ts writes into dist/audit/page. */
export const BUILT_PARTS = 'page-parts.json';

/** `folder`: where they lie, its name with a slash behind it. */
export function loadPageParts(folder: URL = new URL('./', import.meta.url)): PageParts {
  const built = new URL(BUILT_PARTS, folder);
  if (!existsSync(built)) return bundlePageParts(new URL('browser/', folder));
  try {
    return JSON.parse(readFileSync(built, 'utf8')) as PageParts;
  } catch (cause) {
    throw missingParts('the parts of the HTML page cannot be read', cause);
  }
}
