/**
 * Compiles the addon without any download: against the Node headers that the `node-linux-…` package brings.
 * `node native/build-addon.mjs` leaves build/Release/postern.node; with `--prebuild` it fills prebuilds/ for publishing.
 */

import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Where `include/node` lies: the pinned Node's package, else the Node that runs this. Node-API makes either do. */
function findHeaders() {
  const candidates = [() => dirname(require.resolve(`node-linux-${process.arch}/package.json`)), () => dirname(dirname(process.execPath))];
  for (const candidate of candidates) {
    try {
      const folder = candidate();
      if (existsSync(join(folder, 'include/node/node_api.h'))) return folder;
    } catch (error) {
      if (error.code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new Error(`no Node headers found; install the package node-linux-${process.arch}`);
}

function run(script, args) {
  const headers = findHeaders();
  execFileSync(process.execPath, [script, ...args], {
    cwd: root,
    stdio: 'inherit',
    // node-gyp heeds the environment before its arguments, and a user's npm settings reach it that way.
    env: { ...process.env, npm_config_nodedir: headers, npm_package_config_node_gyp_nodedir: headers },
  });
}

/** libelf and zlib, which the addon needs at run time and finds beside itself. */
function copyLibraries(folder) {
  for (const library of ['libelf.so.1', 'libz.so.1']) {
    const found = execFileSync(process.env.CC ?? 'cc', [`-print-file-name=${library}`], { encoding: 'utf8' }).trim();
    copyFileSync(found, join(folder, library));
  }
}

function packageFile(name) {
  return join(dirname(require.resolve(`${name.split('/')[0]}/package.json`)), ...name.split('/').slice(1));
}

if (process.argv.includes('--prebuild')) {
  run(packageFile('prebuildify/bin.js'), ['--napi', '--strip', '--name', 'postern', '--nodedir', findHeaders()]);
  const prebuilds = join(root, 'prebuilds');
  for (const platform of readdirSync(prebuilds)) copyLibraries(join(prebuilds, platform));
} else {
  run(packageFile('node-gyp/bin/node-gyp.js'), ['rebuild', '--loglevel=warn']);
}
