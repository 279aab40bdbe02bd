#!/bin/sh
# Compiles every bpf/*.bpf.c to dist/bpf/*.bpf.o, where a clone and the npm package both look for it.
set -eu
. scripts/stamp.sh

case $(uname -m) in
  x86_64) arch=x86 ;;
  aarch64) arch=arm64 ;;
  *) arch=$(uname -m) ;;
esac
# linux/types.h leads to asm/types.h, which Debian keeps in the folder of the architecture; elsewhere it lies in /usr/include.
multiarch=/usr/include/$(uname -m)-linux-gnu

hash=$(hash_of bpf scripts/build-bpf.sh)
missing=false
for source in bpf/*.bpf.c; do
  [ -f "dist/bpf/$(basename "$source" .c).o" ] || missing=true
done
if stamp_matches bpf "$hash" && ! $missing; then exit 0; fi

say 'compiling the BPF programs to dist/bpf, since bpf/ is new or changed'
mkdir -p dist/bpf
for source in bpf/*.bpf.c; do
  object=dist/bpf/$(basename "$source" .c).o
  # Complete or not at all: an agent may be reading it.
  clang -O2 -g -Wall -Werror -target bpf -mcpu=v3 "-D__TARGET_ARCH_$arch" -isystem "$multiarch" -c "$source" -o "$object.new"
  mv "$object.new" "$object"
done
write_stamp bpf "$hash"
