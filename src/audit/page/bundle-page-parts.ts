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

/** `folder`: where the sources lie, its name with a slash behind it. */
export function bundlePageParts(folder: URL = new URL('browser/', import.meta.url)): PageParts {
  return { script: bundle(new URL('main.ts', folder)), style: bundle(new URL('page.css', folder)) };
}

function bundle(entry: URL): string {
  try {
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
  } catch (cause) {
    // A package that is installed has what was built, and neither sources nor esbuild.
    throw missingParts('the parts of the HTML page are missing, and cannot be made', cause);
  }
}

function loadEsbuild(): typeof Esbuild {
  return createRequire(import.meta.url)('esbuild') as typeof Esbuild;
}

export function missingParts(message: string, cause: unknown): PosternError {
  return new PosternError('E_PAGE_PARTS', message, { mend: 'install the package again; in a clone run npm run build', cause });
}
