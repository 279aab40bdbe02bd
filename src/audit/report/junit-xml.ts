/** JUnit's XML, as test reporters of CI systems read it. */

import { printableText } from './printable-text.ts';

export interface JunitCase {
  readonly name: string;
  /** What it belongs to: tools group by it. */
  readonly className: string;
  readonly file?: string;
  readonly line?: number;
  /** A case without an outcome has passed. */
  readonly outcome?: {
    readonly kind: 'failure' | 'error' | 'skipped';
    readonly type: string;
    readonly message: string;
    /** More lines; none for what is skipped. */
    readonly details?: readonly string[];
  };
}

export interface JunitSuite {
  readonly name: string;
  readonly cases: readonly JunitCase[];
}

type Attributes = Readonly<Record<string, string | number | undefined>>;

export function junitXml(name: string, suites: readonly JunitSuite[]): string {
  const all = suites.flatMap(({ cases }) => cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    ...element('', 'testsuites', { name, ...totals(all) }, suites.flatMap(suiteLines)),
    '',
  ].join('\n');
}

function suiteLines({ name, cases }: JunitSuite): string[] {
  return element('  ', 'testsuite', { name, ...totals(cases) }, cases.flatMap(caseLines));
}

function caseLines({ name, className, file, line, outcome }: JunitCase): string[] {
  return element(
    '    ',
    'testcase',
    { name, classname: className, file, line, time: 0 },
    outcome === undefined ? [] : outcomeLines(outcome),
  );
}

function outcomeLines({ kind, type, message, details = [] }: NonNullable<JunitCase['outcome']>): string[] {
  if (kind === 'skipped') return element('      ', kind, { message }, []);
  const text = [message, ...details].map((line) => escapeXml(line)).join('\n');
  return [`      <${kind}${attributesText({ message, type })}>${text}</${kind}>`];
}

function totals(cases: readonly JunitCase[]): Attributes {
  const count = (kind: string): number => cases.filter(({ outcome }) => outcome?.kind === kind).length;
  return { tests: cases.length, failures: count('failure'), errors: count('error'), skipped: count('skipped') };
}

function element(indent: string, name: string, attributes: Attributes, content: readonly string[]): string[] {
  const open = `${indent}<${name}${attributesText(attributes)}`;
  return content.length === 0 ? [`${open}/>`] : [`${open}>`, ...content, `${indent}</${name}>`];
}

function attributesText(attributes: Attributes): string {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join('');
}

/** XML has no way at all to write most control characters: they stand as in JSON. */
function escapeXml(text: string): string {
  return printableText(text).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
