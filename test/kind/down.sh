#!/usr/bin/env bash
# Takes the kind cluster away, and what the harness knew of it.
set -euo pipefail
PATH=$PATH:/usr/local/go/bin
PATH=$PATH:$(go env GOPATH)/bin
name=postern-kind
kind delete cluster --name "$name"
for namespace in control n1 n2 n3; do ip netns delete "$name-$namespace" 2>/dev/null || true; done
rm -rf "/var/tmp/$name"
