/** Lint: type-aware rules, the house's own (no default exports, no barrels), and the table of who may import whom. */

import { readdirSync } from 'node:fs';
import { defineConfig, type OxlintOverride } from 'oxlint';

/** Each folder of src and the folders of src that its files may import. Anything of ours that is not named here is out of bounds. */
const IMPORTS: Readonly<Record<string, readonly string[]>> = {
  model: [],
  policy: ['model'],
  cluster: ['model'],
  compiler: ['model', 'policy', 'cluster'],
  manifests: ['model'],
  kube: ['model'],
  discovery: ['model', 'native'],
  cni: ['model'],
  datapath: ['model', 'native'],
  agent: ['model', 'policy', 'cluster', 'compiler', 'manifests', 'kube', 'discovery', 'cni'],
  audit: ['model', 'policy', 'cluster', 'compiler', 'manifests'],
  lab: ['model', 'policy', 'cluster', 'compiler', 'manifests', 'discovery', 'datapath', 'agent', 'audit', 'cli', 'native'],
};

/** A folder that the table does not know is nobody's to import but the command line's. */
const FOLDERS = [...readdirSync(new URL('src', import.meta.url)).filter((name) => !name.includes('.')), 'native'];

interface ImportPattern {
  readonly regex?: string;
  readonly group?: string[];
  readonly message: string;
}

/** Imports are relative: `../policy/rules.ts`, or `../../policy/rules.ts` from a folder within. */
function forbid(folders: readonly string[], message: string, under = ''): ImportPattern {
  return { regex: `^(\\.\\./)+${under}(${folders.join('|')})/`, message };
}

function boundsOf(folder: string): ImportPattern[] {
  const allowed = IMPORTS[folder] ?? [];
  const forbidden = FOLDERS.filter((other) => other !== folder && !allowed.includes(other));
  const message = `src/${folder} may not import this: see the table in CONTRIBUTING.md`;
  if (folder !== 'agent') return [forbid(forbidden, message)];
  const port = {
    group: ['**/datapath/**', '!**/datapath/port.ts'],
    message: 'the agent knows the kernel only through src/datapath/port.ts',
  };
  return [
    forbid(
      forbidden.filter((other) => other !== 'datapath'),
      message,
    ),
    port,
  ];
}

function restrict(files: string, patterns: ImportPattern[]): OxlintOverride {
  return { files: [files], rules: { 'eslint/no-restricted-imports': ['error', { patterns }] } };
}

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'node', 'promise', 'vitest'],
  categories: { correctness: 'error', suspicious: 'error' },
  options: { typeAware: true },
  rules: {
    'eslint/eqeqeq': 'error',
    'eslint/no-var': 'error',
    'eslint/prefer-const': 'error',
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'oxc/no-barrel-file': ['error', { threshold: 0 }],
    'typescript/consistent-type-imports': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/require-array-sort-compare': ['error', { ignoreStringArrays: true }],
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    // A second argument says what was expected.
    'vitest/valid-expect': ['error', { maxArgs: 2 }],
    // Input is decoded once, at the edge, and there it is asserted.
    'typescript/no-unsafe-type-assertion': 'off',
    // The compiler asks for it where it matters: a function's declared result.
    'typescript/consistent-return': 'off',
    // Takes the spread of a typed array for that of an array.
    'unicorn/no-useless-spread': 'off',
    // Sees neither callbacks nor other threads of control change a variable.
    'eslint/no-unmodified-loop-condition': 'off',
    'eslint/no-shadow': 'off',
    'typescript/no-generated-empty-object-type': 'off',
    'typescript/no-misused-spread': 'off',
    'typescript/no-unnecessary-type-arguments': 'off',
    'typescript/no-unnecessary-type-parameters': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/no-array-sort': 'off',
    'unicorn/no-new-array': 'off',
    'import/no-named-as-default-member': 'off',
    // Properties and tables assert in helpers and under conditions.
    'vitest/expect-expect': 'off',
    'vitest/no-conditional-expect': 'off',
    'vitest/no-standalone-expect': 'off',
  },
  overrides: [
    ...Object.keys(IMPORTS).map((folder) => restrict(`src/${folder}/**`, boundsOf(folder))),
    // The one place where the agent is put together with the kernel's driver.
    restrict('src/agent/agent.ts', [forbid(['audit', 'cli', 'lab'], 'the agent stands below this')]),
    restrict('test/support/oracle/**', [
      forbid(
        FOLDERS.filter((folder) => folder !== 'model'),
        "the oracle imports the model alone, lest it share the compiler's mistakes",
        '(src/)?',
      ),
    ]),
    { files: ['*.config.ts'], rules: { 'import/no-default-export': 'off' } },
  ],
  ignorePatterns: ['node_modules/', 'dist/', 'build/', 'prebuilds/'],
});
