/** Text that stands in Markdown as it is: no markup, no HTML, no table cell, link or mention of its own. */

import { printableText } from './printable-text.ts';

/** Markup anywhere; what makes a heading or a list where it stands first. */
const MARKUP = /[&<>|`*_[\]~\\$]|^[-+#=]|(?<=^\d+)[.)]/g;

/** What GitHub turns into links to people, issues and pages. */
const LINKS = /@(?=\w)|#(?=\d)|:(?=\/\/)|(?<=\bwww)\./gi;

const SPECIAL = new RegExp(`(${MARKUP.source})|${LINKS.source}`, 'gi');

/** For a paragraph, a list or a table's cell; on one line. */
export function escapeMarkdown(text: string): string {
  // An empty comment within keeps a link from being seen.
  return printableText(text).replaceAll(SPECIAL, (match: string, markup?: string) =>
    markup === undefined ? `${match}<!-- -->` : entity(match),
  );
}

/** In the type of code, which GitHub looks for no links in. */
export function markdownCode(text: string): string {
  return `<code>${printableText(text).replaceAll(MARKUP, entity)}</code>`;
}

/** Works in tables, in HTML within Markdown, and where a backslash would not. */
function entity(character: string): string {
  return `&#${character.charCodeAt(0)};`;
}
