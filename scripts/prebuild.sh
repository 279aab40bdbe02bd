#!/bin/sh
# Builds the addon that the npm package carries (prebuilds/), with the two libraries beside it that it cannot hold itself.
set -eu
cd "$(dirname "$0")/.."

npm_config_nodedir=$(dirname "$(dirname "$(readlink -f node_modules/.bin/node)")")
export npm_config_nodedir
# prebuildify strips and takes along every *.so.N that lies beside the addon.
prebuildify --napi --strip --quiet --target "$(node -p process.versions.node)" --postinstall 'sh scripts/copy-libraries.sh'
