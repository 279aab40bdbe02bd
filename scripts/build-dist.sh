#!/bin/sh
# Compiles src to dist, and takes away what no source stands behind any more. dist/bpf is not its own.
set -eu
. scripts/stamp.sh

hash=$(hash_of src tsconfig.json package-lock.json scripts/build-dist.sh scripts/build-page.ts)
if stamp_matches dist "$hash" && [ -x dist/main.js ]; then exit 0; fi

say 'compiling src to dist, since it is new or changed'
tsc -p tsconfig.json
node scripts/build-page.ts dist
find dist -name '*.js' | while read -r compiled; do
  source=${compiled#dist/}
  [ -f "src/${source%.js}.ts" ] || rm "$compiled"
done
chmod +x dist/main.js
write_stamp dist "$hash"
