/** The table of checks as docs/audit.md shows it. */

import { CATALOGUE } from '../../../src/audit/checks/catalogue.ts';

const [BEGIN, END] = ['<!-- checks -->', '<!-- /checks -->'];

export function checksTable(): string {
  const rows = CATALOGUE.map(({ id, name, severity, summary }) => `| ${id} | \`${name}\` | ${severity} | ${summary} |`);
  return ['| id | name | severity | |', '|---|---|---|---|', ...rows].join('\n');
}

export function insertChecks(page: string, table: string): string {
  const [before, rest = ''] = page.split(BEGIN);
  return `${before}${BEGIN}\n${table}\n${END}${rest.split(END)[1] ?? ''}`;
}
