/** The matrix as a list: for each source where it gets to, with what is alike said once. */

import pc from 'picocolors';
import { describePorts } from '../describe-rule.ts';
import { summarizeReach, type Reach } from './reach-summary.ts';
import { fullName, type MatrixView } from './matrix-view.ts';

export interface ListOptions {
  readonly width: number;
  readonly colour: boolean;
}

/** Names of what is denied, beyond which they are counted, unless it was asked for. */
const MOST_DENIED = 12;

export function listMatrix(view: MatrixView, { width, colour }: ListOptions): string {
  const colours = pc.createColors(colour);
  const reachOf = summarizeReach(view);
  const known = new Map<readonly Reach[], readonly string[]>();
  const describe = ({ ports, denied, names }: Reach): string[] => {
    const brief = denied && names.length > MOST_DENIED && view.options.only !== 'denied';
    const head = denied ? colours.dim('· denied') : colours.cyan(`→ ${describePorts(ports)}`);
    const lines = brief ? ['everything else'] : wrap(names, Math.max(width - 6, 20));
    return [`  ${head}`, ...lines.map((line) => `      ${line}`)];
  };
  const lines: string[] = [];
  for (const source of view.peers) {
    const reaches = reachOf(source);
    if (reaches.length === 0) continue;
    const said = known.get(reaches) ?? reaches.flatMap(describe);
    known.set(reaches, said);
    lines.push(colours.bold(fullName(source)), ...said);
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
