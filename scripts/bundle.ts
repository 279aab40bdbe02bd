/** Bundles the agent, so that it loads the parts of libraries that it uses and no others. Usage: bundle.ts FOLDER */

import { join } from 'node:path';
import { build as bundle, type Plugin } from 'esbuild';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: bundle.ts FOLDER');

const CLIENT_NODE = '/node_modules/@kubernetes/client-node/';
/** Marks a question that the plugin asked itself. */
const RESOLVED = 'resolved';

/** Its generated API is most of the bundle, and says nothing of being free of side effects: credentials and TLS need a handful of its modules. */
const clientNodeInParts: Plugin = {
  name: 'client-node-in-parts',
  setup(build) {
    build.onResolve({ filter: /^@kubernetes\/client-node$|^\./ }, async ({ path, pluginData, ...options }) => {
      const own = path.startsWith('@') || options.importer.includes(CLIENT_NODE);
      if (pluginData === RESOLVED || !own) return undefined;
      return { ...(await build.resolve(path, { ...options, pluginData: RESOLVED })), sideEffects: false };
    });
  },
};

/** client-node makes agents of it for fetch, which is not used here: every request goes by node:https. It would be half of what is loaded. */
const withoutUndici: Plugin = {
  name: 'without-undici',
  setup(build) {
    build.onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace: 'absent' }));
    build.onLoad({ filter: /./, namespace: 'absent' }, ({ path }) => ({
      contents: `class Absent { constructor() { throw new Error('${path} is not in the bundle') } } export { Absent as Agent, Absent as ProxyAgent, Absent as fetch };`,
    }));
  },
};

await bundle({
  entryPoints: ['src/main.ts'],
  outdir: join(folder, 'dist'),
  // As deep as the modules of dist, which look for other files beside them.
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  platform: 'node',
  // Modules of the older kind, wrapped for every loader, hide their parts from a bundler.
  mainFields: ['module', 'main'],
  target: 'node26',
  format: 'esm',
  // Names stay, for traces; the text of a program is kept in memory as long as it runs.
  minifyWhitespace: true,
  minifySyntax: true,
  keepNames: true,
  legalComments: 'linked',
  logLevel: 'warning',
  // They find compiled code by their own place.
  external: ['@2060.io/ffi-napi', 'node-gyp-build', '*/native/index.js'],
  banner: { js: "import{createRequire as requireFrom}from'node:module';const require=requireFrom(import.meta.url);" },
  plugins: [clientNodeInParts, withoutUndici],
});
