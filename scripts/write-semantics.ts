/** Writes the tables of docs/semantics.md from the rows that the tests are registered under. */

import { readFileSync, writeFileSync } from 'node:fs';
import { SEMANTICS_CASES } from '../test/conformance/cases/semantics.ts';
import { SERVICE_SEMANTICS } from '../test/conformance/cases/services/all.ts';
import { renderPage } from '../test/conformance/rows/render-page.ts';

const page = new URL('../docs/semantics.md', import.meta.url);
writeFileSync(page, renderPage(readFileSync(page, 'utf8'), [...SEMANTICS_CASES, ...SERVICE_SEMANTICS]));
