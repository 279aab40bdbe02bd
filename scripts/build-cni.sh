#!/bin/sh
# Compiles the CNI plugin: one static program, for hosts of which nothing is known. Usage: build-cni.sh PROGRAM
set -eu
cd "$(dirname "$0")/.."
[ $# -eq 1 ] || { printf 'usage: build-cni.sh PROGRAM\n' >&2; exit 2; }
mkdir -p "$(dirname "$1")"
gcc -std=gnu17 -Os -Wall -Wextra -Werror -static -s -o "$1" deploy/cni/postern-cni.c
