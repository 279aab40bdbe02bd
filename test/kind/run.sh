#!/usr/bin/env bash
# A kind cluster with Postern deployed to it, the tests of test/cluster that can run there, and Kubernetes' own suite; afterwards the cluster is gone.
# Usage: run.sh CONFIGURATION [vitest arguments]   (as root, with Docker and Go; a file of clusters/ without .yaml)
# POSTERN_KIND_KEEP: leave the cluster up. POSTERN_KIND_LOGS: a folder for the nodes' logs when something failed.
set -euo pipefail
cd "$(dirname "$0")/../.."
configuration=${1:?usage: run.sh CONFIGURATION [vitest arguments]}
shift
name=postern-kind

finish() {
  status=$?
  trap - EXIT
  if [ "$status" -ne 0 ] && [ -n "${POSTERN_KIND_LOGS-}" ]; then kind export logs "$POSTERN_KIND_LOGS" --name "$name" || true; fi
  [ -n "${POSTERN_KIND_KEEP-}" ] || bash test/kind/down.sh
  exit "$status"
}

PATH=$PATH:/usr/local/go/bin
PATH="$PWD/node_modules/.bin:$PATH:$(go env GOPATH)/bin"
trap finish EXIT
bash test/kind/up.sh "$configuration"
node node_modules/vitest/vitest.mjs run --configLoader native --config test/kind/vitest.config.ts "$@"
