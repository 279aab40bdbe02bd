/** Finds the page's script and style: built ones beside this module, else made from their sources. */

import { existsSync, readFileSync } from 'node:fs';
import { bundlePageParts, type PageParts } from './bundle-page-parts.ts';

/** What scripts/build-page.ts writes into dist/audit/page. */
export const BUILT_PARTS = 'page-parts.json';

export function loadPageParts(): PageParts {
  const built = new URL(BUILT_PARTS, import.meta.url);
  return existsSync(built) ? (JSON.parse(readFileSync(built, 'utf8')) as PageParts) : bundlePageParts();
}
