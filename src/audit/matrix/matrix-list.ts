/** The matrix as a list: for each source where it gets to, with what is alike said once. */

import pc from 'picocolors';
import { describePorts } from '../describe-rule.ts';
import { countNamespaces, summarizeReach } from './reach-summary.ts';
import { fullName, type MatrixView } from './matrix-view.ts';

export interface ListOptions {
  readonly width: number;
  readonly colour: boolean;
}

export function listMatrix(view: MatrixView, { width, colour }: ListOptions): string {
  const colours = pc.createColors(colour);
  const sizes = countNamespaces(view);
  const lines: string[] = [];
  for (const source of view.peers) {
    const reaches = summarizeReach(view, source, sizes);
    if (reaches.length === 0) continue;
    lines.push(colours.bold(fullName(source)));
    for (const { ports, denied, names } of reaches) {
      const head = denied ? 'denied' : describePorts(ports);
      lines.push(`  ${denied ? colours.dim(`· ${head}`) : colours.cyan(`→ ${head}`)}`);
      lines.push(...wrap(names, Math.max(width - 6, 20)).map((line) => `      ${line}`));
    }
  }
  return lines.length === 0 ? 'Nothing to show.' : lines.join('\n');
}

/** Words with commas between, in lines of at most so many letters; a longer word has a line of its own. */
function wrap(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const [at, word] of words.entries()) {
    const piece = at === words.length - 1 ? word : `${word},`;
    if (line !== '' && line.length + 1 + piece.length > width) {
      lines.push(line);
      line = piece;
    } else {
      line = line === '' ? piece : `${line} ${piece}`;
    }
  }
  return line === '' ? lines : [...lines, line];
}
