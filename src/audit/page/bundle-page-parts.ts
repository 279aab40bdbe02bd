/** Makes the page's script and style out of their sources: in a clone, where esbuild is, at build time or at once. */

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type * as Esbuild from 'esbuild';
import { PosternError } from '../../model/error.ts';

export interface PageParts {
  /** One classic script, without imports. */
  readonly script: string;
  readonly style: string;
}

export function bundlePageParts(): PageParts {
  const folder = new URL('browser/', import.meta.url);
  return { script: bundle(new URL('main.ts', folder)), style: bundle(new URL('page.css', folder)) };
}

function bundle(entry: URL): string {
  const { outputFiles } = loadEsbuild().buildSync({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    minify: true,
    charset: 'utf8',
    format: 'iife',
    // What knows dialogs without a library, light-dark() and Map.groupBy.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    legalComments: 'none',
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}

/** A package that is installed has what was built and no esbuild. */
function loadEsbuild(): typeof Esbuild {
  try {
    return createRequire(import.meta.url)('esbuild') as typeof Esbuild;
  } catch (cause) {
    throw new PosternError('E_PAGE_PARTS', 'the parts of the HTML page are missing', { mend: 'install the package again', cause });
  }
}
