#!/bin/sh
# Runs the tests on a real cluster: everything, or what every change is tried with.
# Usage: test-cluster.sh [whole|smoke] [vitest arguments, e.g. a part of a file's name]
set -eu
cd "$(dirname "$0")/.."
suite=whole
case ${1-} in
  whole | smoke)
    suite=$1
    shift
    ;;
esac
exec sh scripts/as-root.sh node node_modules/vitest/vitest.mjs run --configLoader native --config test/cluster/vitest.config.ts --project "$suite" "$@"
