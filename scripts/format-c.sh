#!/bin/sh
# Runs clang-format over the project's C and C++. Usage: format-c.sh -i | --dry-run --Werror
set -eu
cd "$(dirname "$0")/.."
find bpf native deploy test \( -name '*.c' -o -name '*.h' -o -name '*.cc' \) -print0 | xargs -0 clang-format "$@"
