#!/bin/sh
# Runs the tests on a real cluster: everything, or with `smoke` what every change is tried with.
# Usage: test-cluster.sh [smoke] [vitest arguments]
set -eu
cd "$(dirname "$0")/.."
suite=whole
if [ "${1-}" = smoke ]; then
  suite=smoke
  shift
fi
exec sh scripts/as-root.sh node node_modules/vitest/vitest.mjs run --configLoader native --config test/cluster/vitest.config.ts --project "$suite" "$@"
