#!/bin/bash
# Builds the programs of a real cluster from Go modules into a folder, unless they are there: every Kubernetes component as one program (hyper), etcd,
# containerd with its shim and ctr, the upstream e2e suite with ginkgo, and the suite's test image's program (agnhost).
# Usage: binaries.sh   prints the folder. POSTERN_CLUSTER_CACHE: where such folders are kept (default: the user's cache folder)
set -euo pipefail
KUBERNETES=v1.36.3 MODULES=v0.36.3 ETCD=v3.7.3 CONTAINERD=v2.4.2
cache=${POSTERN_CLUSTER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/postern/cluster}
bin=$cache/kubernetes-$KUBERNETES-etcd-$ETCD-containerd-$CONTAINERD-$(uname -m)
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
if [ -e "$bin/complete" ]; then echo "$bin"; exit; fi

PATH=$PATH:/usr/local/go/bin
command -v go >/dev/null || { echo 'binaries.sh: Go 1.26 or later is needed to build the cluster' >&2; exit 1; }
echo "binaries.sh: building Kubernetes $KUBERNETES, etcd $ETCD and containerd $CONTAINERD: about 12 minutes on two cores, 1 where Go has built them before" >&2
src=$(mktemp -d)
trap 'rm -rf "$src"' EXIT
rm -rf "$bin"
mkdir -p "$bin" "$src/hyper" "$src/etcd"
export GOFLAGS=-trimpath
exec 3>&1 1>&2

cat >"$src/hyper/main.go" <<'G'
// Command hyper runs one Kubernetes component, named by its first argument.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

func main() {
	components := map[string]func() *cobra.Command{
		"kube-apiserver":          apiserver.NewAPIServerCommand,
		"kube-controller-manager": controllers.NewControllerManagerCommand,
		"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
		"kube-proxy":              proxy.NewProxyCommand,
		"kubelet":                 func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
		"kubectl":                 kubectl.NewDefaultKubectlCommand,
	}
	if len(os.Args) < 2 || components[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: hyper COMPONENT [flags]")
		os.Exit(2)
	}
	os.Args = os.Args[1:]
	os.Exit(cli.Run(components[os.Args[0]]()))
}
G
cd "$src/hyper"
upstream=$(go mod download -json k8s.io/kubernetes@$KUBERNETES | python3 -c 'import json, sys; print(json.load(sys.stdin)["GoMod"])')
{
  printf 'module cluster.test/hyper\n\ngo 1.26.0\n\nrequire k8s.io/kubernetes %s\n\nreplace (\n' $KUBERNETES
  # The staging modules are published with a version of their own.
  sed -nE "s#^\t(k8s.io/[a-z-]+) => ./staging.*#\t\1 => \1 $MODULES#p" "$upstream"
  printf ')\n'
} >go.mod
go mod tidy
go build -ldflags "-X k8s.io/component-base/version.gitVersion=$KUBERNETES" -o "$bin/hyper" .
go get -t k8s.io/kubernetes/test/e2e k8s.io/kubernetes/test/images/agnhost
CGO_ENABLED=0 go build -o "$bin/agnhost" k8s.io/kubernetes/test/images/agnhost
go test -c -o "$bin/e2e.test" k8s.io/kubernetes/test/e2e
go build -o "$bin/ginkgo" github.com/onsi/ginkgo/v2/ginkgo

cd "$src/etcd"
printf 'package main\n\nimport (\n\t"os"\n\n\t"go.etcd.io/etcd/server/v3/etcdmain"\n)\n\nfunc main() { etcdmain.Main(os.Args) }\n' >main.go
printf 'module cluster.test/etcd\n\ngo 1.26.0\n\nrequire go.etcd.io/etcd/server/v3 %s\n' $ETCD >go.mod
go mod tidy
CGO_ENABLED=0 go build -o "$bin/etcd" .

for program in containerd containerd-shim-runc-v2 ctr; do
  CGO_ENABLED=0 GOBIN="$bin" go install github.com/containerd/containerd/v2/cmd/$program@$CONTAINERD
done
touch "$bin/complete"
echo "$bin" >&3
