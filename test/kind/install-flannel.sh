#!/usr/bin/env bash
# Installs Flannel by the manifest of its Go module, for both families where the cluster has them, with the bridge plugin that kind's nodes lack.
# Usage: install-flannel.sh BIN CONFIGURATION NODE…   (KUBECONFIG: the cluster's)
set -euo pipefail
cd "$(dirname "$0")/../.."
. test/kind/versions.sh
bin=$1 configuration=$2
shift 2

plugins=$(mktemp -d)
trap 'rm -rf "$plugins"' EXIT
CGO_ENABLED=0 GOBIN=$plugins go install "github.com/containernetworking/plugins/plugins/main/bridge@$CNI_PLUGINS"
for node in "$@"; do docker cp "$plugins/bridge" "$node:/opt/cni/bin/bridge"; done

folder=$(go mod download -json "github.com/flannel-io/flannel@$FLANNEL" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
manifest=$(cat "$folder/Documentation/kube-flannel.yml")
if grep -q 'ipFamily: dual' "test/kind/clusters/$configuration.yaml"; then
  both='"EnableIPv6": true, "IPv6Network": "fd00:10:244::/56",'
  manifest=$(printf '%s\n' "$manifest" | sed "s|^\( *\)\"Network\": \"10.244.0.0/16\",|&\n\1$both|")
  printf '%s\n' "$manifest" | grep -qF "$both" || { echo 'install-flannel.sh: the manifest says its network otherwise' >&2; exit 1; }
fi
printf '%s\n' "$manifest" | "$bin/hyper" kubectl apply -f -
"$bin/hyper" kubectl -n kube-flannel rollout status daemonset/kube-flannel-ds --timeout=180s
