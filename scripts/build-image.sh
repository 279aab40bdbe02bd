#!/bin/sh
# Builds the agent's image as an archive, without a container runtime or a registry: build/image/postern.tar, for `ctr images import`, `docker load` or
# `kind load image-archive`.
# Usage: build-image.sh [NAME:TAG]   (default postern:VERSION)
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh
PATH="$PWD/node_modules/.bin:$PATH"
. scripts/stamp.sh

name=${1:-postern:$(node -p 'require("./package.json").version')}
hash=$({ hash_of src bpf native deploy/cni package-lock.json binding.gyp scripts/build-image.sh scripts/build-image-root.sh scripts/bundle.ts scripts/build-page.ts scripts/write-image.ts scripts/image-archive.ts scripts/write-sbom.ts; printf '%s' "$name"; } | sha256sum | cut -d' ' -f1)
if stamp_matches image "$hash" && [ -f build/image/postern.tar ]; then exit 0; fi

say "building the image $name to build/image/postern.tar, since something in it is new or changed"
run_quietly image.log sh scripts/build-image-root.sh build/image/root
run_quietly image-archive.log node scripts/write-image.ts build/image/root build/image/postern.tar "$name"
write_stamp image "$hash"
