#!/bin/sh
# Installs the Debian packages that Postern's build, lab and tests use, when one of them is missing.
# Usage: install-system-packages.sh [test|check|cluster]   (test: a browser, too; check: clang-format; cluster: what runs a real cluster)
set -eu

# sbin holds most of the network tools, and is not in everyone's PATH.
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
missing=''

# need PACKAGE WHAT-FOR TEST…: the test tells by what is there, so that tools from elsewhere are as good.
need() {
  package=$1
  purpose=$2
  shift 2
  "$@" >/dev/null 2>&1 && return
  missing="$missing $package"
  printf 'set-up: missing: %s (%s)\n' "$package" "$purpose"
}

has() {
  command -v "$1"
}

has_header() {
  [ -e "/usr/include/$1" ] || [ -e "/usr/local/include/$1" ]
}

has_cni_plugins() {
  [ -x /usr/lib/cni/bridge ] || [ -x /opt/cni/bin/bridge ] || [ -x /usr/libexec/cni/bridge ]
}

need clang 'compiles the BPF programs' has clang
need libbpf-dev 'loads BPF programs; linked into the addon' has_header bpf/libbpf.h
need libelf-dev 'libbpf reads object files with it' has_header libelf.h
need zlib1g-dev 'libbpf reads object files with it' has_header zlib.h
need g++ 'compiles the addon' has g++
need make 'builds the addon' has make
need binutils 'makes libbpf fit for the addon' has objcopy
need python3 'node-gyp runs on it' has python3
need iproute2 'the lab makes network namespaces and interfaces' has ip
need containernetworking-plugins 'the lab makes pod interfaces as a cluster does' has_cni_plugins
need nftables 'the lab rewrites Services as kube-proxy does' has nft
need iptables 'the portmap plugin opens host ports with it' has iptables
need conntrack 'the lab forgets flows to endpoints that are gone' has conntrack
need iputils-ping 'the tests send echo requests' has ping
if [ "${1-}" = test ]; then
  need chromium 'the tests of the audit page run in it' has chromium
  need graphviz 'reads the graphs that the tests write' has dot
  need zsh 'the tests complete words in it' has zsh
  need fish 'the tests complete words in it' has fish
fi
if [ "${1-}" = check ]; then
  need clang-format 'formats C and C++' has clang-format
fi
if [ "${1-}" = cluster ]; then
  need runc 'runs containers' has runc
  need openssl 'makes the certificates of a cluster' has openssl
  need ethtool 'kubelet asks for it' has ethtool
  need kmod 'kube-proxy asks for it' has modprobe
  need procps 'sets what a node forwards' has sysctl
  need git 'fetches Go modules that no proxy has' has git
  need curl 'the tests read metrics with it' has curl
  need ca-certificates 'Go fetches modules by TLS' test -e /etc/ssl/certs/ca-certificates.crt
fi

[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
  printf 'set-up: there is no apt-get here: install by other means what Debian calls%s, then run this again\n' "$missing" >&2
  exit 1
fi

as_root=''
if [ "$(id -u)" -ne 0 ]; then
  # Without a terminal nobody can type a password.
  if [ -t 0 ]; then as_root='sudo'; else as_root='sudo -n'; fi
  if ! $as_root true 2>/dev/null; then
    printf 'set-up: installing packages needs root, and sudo does not give it: run as root: apt-get install%s\n' "$missing" >&2
    exit 1
  fi
fi

# Quiet and without questions.
apt_get() {
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@"
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
printf 'set-up: installing with apt-get:%s\n' "$missing"
# An update that fails for one foreign archive is no reason to stop: the installation tells.
# shellcheck disable=SC2086 # a list of words
if ! { apt_get update || true; apt_get install --no-install-recommends -y $missing; } >"$log" 2>&1 </dev/null; then
  tail -n 20 "$log" >&2
  printf 'set-up: apt-get could not install%s\n' "$missing" >&2
  exit 1
fi
