/** `postern audit explain-check`: the catalogue of checks, or one of them with YAML that has the fault and YAML that has not. */

import pc from 'picocolors';
import { CATALOGUE } from '../audit/checks/catalogue.ts';
import type { CheckInfo } from '../audit/finding.ts';
import { PosternError } from '../model/error.ts';
import { wantsColour, writeOutput } from './audit-outputs.ts';
import { failWith } from './fail-with.ts';

/** Of the JSON: grows when something that was there is taken away or changes its meaning. */
const CATALOGUE_VERSION = 1;

export interface ExplainCheckFlags {
  readonly json?: boolean;
}

export async function runExplainCheck(id: string | undefined, flags: ExplainCheckFlags): Promise<void> {
  await failWith(1, async () => {
    const asked = id === undefined ? CATALOGUE : [findCheck(id, CATALOGUE)];
    await writeOutput({ format: 'human' }, flags.json === true ? jsonOf(asked) : textOf(asked, id, wantsColour(process.stdout)));
  });
}

/** By id or name, in whatever case. Throws `E_CHECK_UNKNOWN`. */
export function findCheck<T extends CheckInfo>(asked: string, checks: readonly T[]): T {
  const lower = asked.toLowerCase();
  const check = checks.find(({ id, name }) => id.toLowerCase() === lower || name === lower);
  if (check !== undefined) return check;
  throw new PosternError('E_CHECK_UNKNOWN', `there is no check ${JSON.stringify(asked)}`, {
    mend: 'postern audit explain-check lists them all',
  });
}

function textOf(checks: readonly CheckInfo[], id: string | undefined, colour: boolean): string {
  const colours = pc.createColors(colour);
  if (id !== undefined) return checks.map((check) => explainCheck(check, colours)).join('\n');
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.map(
    ({ id, name, severity, summary }) => `${colours.bold(id)}  ${severity.padEnd(7)}  ${name.padEnd(width)}  ${summary}\n`,
  );
  return `${lines.join('')}\npostern audit explain-check ID says more of one.\n`;
}

export function explainCheck(
  { id, name, severity, summary, why, mend, bad, good }: CheckInfo,
  colours: ReturnType<typeof pc.createColors>,
): string {
  return [
    `${colours.bold(`${id} ${name}`)} (${severity})`,
    summary,
    '',
    colours.bold('Why it matters'),
    why,
    '',
    colours.bold('How to mend it'),
    mend,
    '',
    colours.bold('With the fault'),
    indent(bad),
    '',
    colours.bold('Without it'),
    indent(good),
    '',
  ].join('\n');
}

function indent(yaml: string): string {
  return yaml.trimEnd().replaceAll(/^(?=.)/gm, '  ');
}

/** schemas/check-catalogue.schema.json says what is in it. */
function jsonOf(checks: readonly CheckInfo[]): string {
  const plain = checks.map(({ id, name, severity, summary, why, mend, bad, good }) => ({
    id,
    name,
    severity,
    summary,
    why,
    mend,
    bad,
    good,
  }));
  return `${JSON.stringify({ version: CATALOGUE_VERSION, checks: plain }, undefined, 2)}\n`;
}
