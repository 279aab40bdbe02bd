#!/bin/sh
# Types, lint with the import table, formatting. Every check runs, so that one run tells everything.
set -u
cd "$(dirname "$0")/.."

failed=''

check() {
  name=$1
  shift
  printf 'check: %s\n' "$name"
  "$@" || failed="$failed, $name"
}

check 'types of src' tsc --noEmit -p tsconfig.json
check 'types of the tests' tsc --noEmit -p test/tsconfig.json
check 'types of the page' tsc --noEmit -p src/audit/page/browser
check 'lint and imports' oxlint --type-aware --deny-warnings
check 'formatting of TypeScript' oxfmt --check
check 'formatting of C and C++' sh scripts/format-c.sh --dry-run --Werror

if [ -n "$failed" ]; then
  printf 'check: failed: %s\n' "${failed#, }" >&2
  exit 1
fi
echo 'check: all well'
