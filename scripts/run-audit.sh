#!/bin/sh
# Runs `postern audit` out of a checkout: for the pre-commit hook and the GitHub Action, which have nothing else. Nothing is built; the packages that
# it runs with are those of package-lock.json, and are installed at the first time.
# Usage: run-audit.sh [arguments of postern audit]
set -eu
home=$(cd "$(dirname "$0")/.." && pwd)

if ! node -e 'process.exit(process.features.typescript ? 0 : 1)' 2>/dev/null; then
  printf 'postern: Node 22.18 or later is needed, and there is %s\n' "$(node --version 2>/dev/null || echo none)" >&2
  exit 1
fi
# npm writes this file last: without it an installation was broken off.
if [ ! -f "$home/node_modules/.package-lock.json" ]; then
  (cd "$home" && npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund --loglevel=error >&2) || exit 1
fi
exec node --disable-warning=ExperimentalWarning "$home/src/main.ts" audit "$@"
