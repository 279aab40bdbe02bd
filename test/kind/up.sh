#!/usr/bin/env bash
# Makes a kind cluster in which nothing but Postern enforces NetworkPolicy, deploys Postern, and tells the tests' harness of it.
# Usage: up.sh CONFIGURATION   (as root, with Docker and Go; a file of clusters/ without .yaml)
# POSTERN_KIND_IMAGE=dockerfile: the image of deploy/Dockerfile; else that of scripts/build-image.sh, which needs no Docker.
set -euo pipefail
cd "$(dirname "$0")/../.."
. test/kind/versions.sh
configuration=${1:?usage: up.sh CONFIGURATION}
name=postern-kind
config=test/kind/clusters/$configuration.yaml
[ -f "$config" ] || { printf 'up.sh: there is no %s\n' "$config" >&2; exit 2; }

PATH=$PATH:/usr/local/go/bin
PATH="$PWD/node_modules/.bin:$PATH:$(go env GOPATH)/bin"
kind version 2>/dev/null | grep -qF "kind $KIND " || go install "sigs.k8s.io/kind@$KIND"

state=/var/tmp/$name
mkdir -p "$state"
sh scripts/setup.sh
bin=$(bash test/cluster/binaries.sh)
if [ "${POSTERN_KIND_IMAGE-}" = dockerfile ]; then
  tag=postern:$(node -p 'require("./package.json").version')
  archive=$state/postern.tar
  docker build --file deploy/Dockerfile --tag "$tag" .
  docker save --output "$archive" "$tag"
else
  archive=build/image/postern.tar
  sh scripts/build-image.sh
fi
export KUBECONFIG=$state/kind.conf
kubectl() { "$bin/hyper" kubectl "$@"; }

# Modules that kube-proxy and overlays ask for, where the kernel does not load them by itself.
for module in br_netfilter vxlan ip_vs ip_vs_rr ip_vs_wrr ip_vs_sh nf_conntrack; do modprobe "$module" || true; done

kind delete cluster --name "$name"
kind create cluster --name "$name" --image "$NODE_IMAGE" --config "$config" --kubeconfig "$KUBECONFIG"
mapfile -t nodes < <(kind get nodes --name "$name")

for node in "${nodes[@]}"; do
  # systemd mounts it on machines, and leaves it out in containers.
  docker exec "$node" sh -c 'mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf'
  # The harness asks each node's runtime with its own client.
  docker exec "$node" mkdir -p "$bin"
  docker cp "$bin/ctr" "$node:$bin/ctr"
done

case $configuration in
  kindnet-*) bash test/kind/silence-kindnet.sh "$bin" "${nodes[@]}" ;;
  flannel-*) bash test/kind/install-flannel.sh "$bin" "$configuration" "${nodes[@]}" ;;
esac
kubectl wait --for=condition=Ready node --all --timeout=180s
kubectl -n kube-system rollout status deployment/coredns --timeout=180s

# By address: the container has kind's name, the node ours.
processes=()
for node in "${nodes[@]}"; do
  processes+=("$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}={{.State.Pid}}' "$node")")
done
agnhost=$(node test/kind/adopt.ts "$name" "$KUBECONFIG" "$bin" "${processes[@]}")
for one in "$agnhost" "$archive"; do kind load image-archive "$one" --name "$name"; done

bash test/kind/prove-open.sh "$bin"
kubectl apply -f deploy/postern.yaml
kubectl -n postern rollout status daemonset/postern --timeout=180s
kubectl -n postern get pods -o wide
