/** Findings as a table of GitHub's Markdown, short enough for a comment on a pull request. */

import type { CheckInfo, CheckReport, Finding, Severity } from '../finding.ts';
import { countText, findingsText, inputText } from './count-findings.ts';
import { escapeMarkdown, markdownCode } from './escape-markdown.ts';
import { filePlace, objectPlace } from './place-text.ts';

/** A comment on GitHub has at most 65,536 characters; what people write around this is to find room, too. */
const MOST_CHARACTERS = 60_000;

const SIGNS: Readonly<Record<Severity, string>> = { error: '❌ error', warning: '⚠️ warning', note: 'ℹ️ note' };

export function markdownReport(report: CheckReport, checks: readonly CheckInfo[]): string {
  const { findings, ignored, incomplete } = report;
  const names = new Map(checks.map(({ id, name }) => [id, name]));
  const page = new LimitedText(MOST_CHARACTERS);
  page.add(`### Policy audit: ${findingsText(findings)}\n`);
  page.add(`\n${markdownCode(report.input)}: ${inputText(report.counts)}\n`);
  if (incomplete.length > 0) {
    page.add('\n**The answer is less than whole:**\n\n');
    page.addEach(
      incomplete.map((reason) => `- ${escapeMarkdown(reason)}\n`),
      'reason',
    );
  }
  if (findings.length > 0) {
    page.add('\n| Severity | Check | Where | Finding | Mend |\n| --- | --- | --- | --- | --- |\n');
    page.addEach(
      findings.map((finding) => row(finding, names.get(finding.check))),
      'finding',
    );
  }
  if (ignored.length > 0) {
    page.add(
      `\n<details><summary>${ignored.length} ignored</summary>\n\n| Check | Where | Finding | Reason |\n| --- | --- | --- | --- |\n`,
    );
    page.addEach(
      ignored.map(({ finding, reason }) => cells([finding.check, where(finding), escapeMarkdown(finding.message), escapeMarkdown(reason)])),
      'ignored finding',
    );
    page.add('\n</details>\n');
  }
  return page.text;
}

function row(finding: Finding, name: string | undefined): string {
  const { severity, check, message, mend } = finding;
  const checkCell = name === undefined ? check : `${check}<br>${escapeMarkdown(name)}`;
  return cells([SIGNS[severity], checkCell, where(finding), escapeMarkdown(message), escapeMarkdown(mend)]);
}

function where({ at }: Finding): string {
  const parts = [filePlace(at), objectPlace(at)].filter((part) => part !== undefined && part !== '');
  return parts.map((part) => markdownCode(part ?? '')).join('<br>');
}

function cells(texts: readonly string[]): string {
  return `| ${texts.join(' | ')} |\n`;
}

/** Lines are taken until it is full; what stands around them always is. */
class LimitedText {
  readonly #limit: number;
  #text = '';

  constructor(limit: number) {
    this.#limit = limit;
  }

  get text(): string {
    return this.#text;
  }

  add(text: string): void {
    this.#text += text;
  }

  /** As many as there is room for, and how many are left out. */
  addEach(lines: readonly string[], what: string): void {
    for (const [index, line] of lines.entries()) {
      if (this.#text.length + line.length > this.#limit) {
        this.#text += `\n…and ${countText(lines.length - index, `more ${what}`)}, for which there is no room here.\n`;
        return;
      }
      this.#text += line;
    }
  }
}
