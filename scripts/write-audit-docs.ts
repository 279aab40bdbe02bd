/** Writes the table of checks into docs/audit.md. Usage: write-audit-docs.ts */

import { readFileSync, writeFileSync } from 'node:fs';
import { checksTable, insertChecks } from '../test/audit/checks/checks-table.ts';

const PAGE = 'docs/audit.md';
writeFileSync(PAGE, insertChecks(readFileSync(PAGE, 'utf8'), checksTable()));
