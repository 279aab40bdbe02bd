/** Formatting of TypeScript and JSON. Prose and manifests keep their own layout: line numbers and fixtures depend on it. */

import { defineConfig } from 'oxfmt';

export default defineConfig({
  printWidth: 140,
  singleQuote: true,
  sortPackageJson: false,
  ignorePatterns: ['**/*.md', '**/*.yaml', '**/*.yml', 'package-lock.json', 'binding.gyp', 'dist/', 'build/', 'prebuilds/'],
});
