#!/bin/sh
# Puts libelf and zlib, as the addon in build/Release names them, beside it.
set -eu
ldd build/Release/*.node | awk '$1 ~ /^lib(elf|z)\.so/ { print $1, $3 }' | while read -r name path; do
  cp "$(readlink -f "$path")" "build/Release/$name"
done
