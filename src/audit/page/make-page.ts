/** Makes the one HTML file that shows a matrix: it holds everything it needs, and asks nothing of the network. */

import { createHash } from 'node:crypto';
import type { MatrixReport } from '../matrix/matrix-report.ts';
import type { PageParts } from './bundle-page-parts.ts';
import { loadPageParts } from './load-page-parts.ts';
import { packReport } from './packed-report.ts';
import type { Filters } from './browser/view-state.ts';
import { pageBody } from './page-body.ts';

export interface PageOptions {
  /** With which the page opens; whoever reads it can change them. */
  readonly filters?: Partial<Filters>;
  readonly parts?: PageParts;
}

export function makePage(report: MatrixReport, { filters = {}, parts = loadPageParts() }: PageOptions = {}): string {
  const { script, style } = parts;
  // No other script, no other style, no address but this file's.
  const policy = [
    "default-src 'none'",
    `script-src ${sourceHash(script)}`,
    `style-src ${sourceHash(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(`Who reaches whom: ${report.input}`)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
${pageBody()}
<script type="application/json" id="report">${embedJson(packReport(report))}</script>
<script type="application/json" id="first">${embedJson(filters)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** As a content security policy names an inline script or style. */
function sourceHash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** JSON in which nothing ends the element that it stands in, nor begins another. */
function embedJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[<>&\u2028\u2029]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[<>&"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
