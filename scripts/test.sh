#!/bin/sh
# Runs the tests, as root where that can be had; what needs root is else left out and named at the end.
# Usage: test.sh [vitest arguments, e.g. a part of a file's name]
set -eu
cd "$(dirname "$0")/.."
# The native loader writes no temporary files, which after sudo would be root's.
exec sh scripts/as-root.sh --if-possible node node_modules/vitest/vitest.mjs run --configLoader native "$@"
