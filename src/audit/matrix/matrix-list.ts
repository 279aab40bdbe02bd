/** The matrix as a list: for each source where it gets to, with what is alike said once. */

import pc from 'picocolors';
import { portsKey, type Ports } from '../../policy/ports.ts';
import { describePorts } from '../describe-rule.ts';
import type { MatrixPeer } from './matrix-report.ts';
import { fullName, isWanted, plainText, type MatrixView } from './matrix-view.ts';

export interface ListOptions {
  readonly width: number;
  readonly colour: boolean;
}

/** Some destinations on which the same is allowed. */
export interface Reach {
  readonly ports: Ports;
  readonly denied: boolean;
  /** `shop/Deployment/web`, `shop/* (12)` where it is the whole namespace, `everything` where it is all there is. */
  readonly names: readonly string[];
}

/** Where a source gets to, by ports; the widest first. */
export function summarizeReach(view: MatrixView, source: MatrixPeer, sizes: ReadonlyMap<string, number>): Reach[] {
  const byPorts = new Map<string, { readonly ports: Ports; readonly denied: boolean; readonly peers: MatrixPeer[] }>();
  let asked = 0;
  for (const destination of view.peers) {
    const pair = view.look(source, destination);
    if (pair === undefined) continue;
    asked += 1;
    if (!isWanted(pair, view.options)) continue;
    const key = portsKey(pair.ports);
    const same = byPorts.get(key);
    if (same === undefined) byPorts.set(key, { ports: pair.ports, denied: pair.extent === 'none', peers: [destination] });
    else same.peers.push(destination);
  }
  return [...byPorts.values()]
    .map(({ ports, denied, peers }) => ({
      ports,
      denied,
      names: peers.length === asked && asked > 1 ? ['everything'] : mergeNames(peers, sizes),
    }))
    .toSorted((a, b) => Number(a.denied) - Number(b.denied) || Number(b.ports === 'all') - Number(a.ports === 'all'));
}

/** How many peers each namespace has in the view. */
export function countNamespaces(view: MatrixView): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { namespace } of view.peers) sizes.set(namespace, (sizes.get(namespace) ?? 0) + 1);
  return sizes;
}

function mergeNames(peers: readonly MatrixPeer[], sizes: ReadonlyMap<string, number>): string[] {
  const found = Map.groupBy(peers, ({ namespace }) => namespace);
  return [...found].flatMap(([namespace, members]) =>
    namespace !== '' && members.length > 1 && members.length === sizes.get(namespace)
      ? [`${plainText(namespace)}/* (${members.length})`]
      : members.map(fullName),
  );
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
