#!/bin/sh
# Makes a clone ready to run: Debian packages, npm packages, BPF programs, addon, dist. Does only what is missing, and says what and why.
# Usage: setup.sh [test|check|cluster]   (what `npm test`, `npm run check` or `npm run test:cluster` needs, too)
set -eu
cd "$(dirname "$0")/.."

# Two set-ups in one clone would tread on each other's files.
exec 9<.
flock 9

sh scripts/install-system-packages.sh "$@"
sh scripts/install-npm-packages.sh
PATH="$PWD/node_modules/.bin:$PATH"
sh scripts/build-bpf.sh
sh scripts/build-addon.sh
sh scripts/build-dist.sh
