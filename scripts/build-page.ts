/** Bundles the script and the style of the audit's page into a folder of compiled code. Usage: build-page.ts FOLDER */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundlePageParts } from '../src/audit/page/bundle-page-parts.ts';
import { BUILT_PARTS } from '../src/audit/page/load-page-parts.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: build-page.ts FOLDER');

const target = join(folder, 'audit', 'page');
mkdirSync(target, { recursive: true });
writeFileSync(join(target, BUILT_PARTS), JSON.stringify(bundlePageParts()));
