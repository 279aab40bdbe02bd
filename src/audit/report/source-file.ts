/** Files as other tools name them: relative to the root of what is checked, with forward slashes on every system. */

import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Location } from '../../model/error.ts';

/** As locations name what came in through standard input. */
export const STANDARD_INPUT = '<stdin>';

/** Undefined where there is no file that could be opened. One outside of `root`, an absolute path, is named by its absolute path. */
export function sourceFile({ file }: Location, root: string): string | undefined {
  if (file === undefined || file === STANDARD_INPUT) return undefined;
  const path = resolve(file);
  const within = relative(root, path);
  const outside = within === '..' || within.startsWith(`..${sep}`) || isAbsolute(within);
  return (outside ? path : within).split(sep).join('/');
}
