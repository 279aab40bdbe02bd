/** The folder that the tools of a CI system name files from. */

import { isAbsolute, relative } from 'node:path';

/** Of GitHub and GitLab, where the audit runs in such a checkout; else the working folder. */
export function checkoutRoot(env: Readonly<Record<string, string | undefined>> = process.env, folder = process.cwd()): string {
  const roots = [env['GITHUB_WORKSPACE'], env['CI_PROJECT_DIR']].filter((root) => root !== undefined && root !== '');
  return roots.find((root) => root !== undefined && holds(root, folder)) ?? folder;
}

function holds(root: string, folder: string): boolean {
  const path = relative(root, folder);
  return isAbsolute(root) && path !== '..' && !/^\.\.[\\/]/.test(path) && !isAbsolute(path);
}
