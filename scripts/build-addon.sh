#!/bin/sh
# Builds the native addon to build/Release, with the headers that the npm package of Node brings.
set -eu
. scripts/stamp.sh

nodedir=$(dirname "$(dirname "$(readlink -f node_modules/.bin/node)")")
hash=$(hash_of binding.gyp native scripts/build-addon.sh package-lock.json)
if stamp_matches addon "$hash" && ls build/Release/*.node >/dev/null 2>&1; then exit 0; fi

say 'building the addon to build/Release, since native/ is new or changed'
run_quietly addon.log node-gyp configure build -j max --nodedir "$nodedir"
write_stamp addon "$hash"
