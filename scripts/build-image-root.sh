#!/bin/sh
# Makes the agent's root file system: Node, the bundled agent, its addons, the BPF object, and the libraries that they name. Nothing else: no shell.
# Usage: build-image-root.sh FOLDER   (in a clone that is set up; the folder is replaced)
set -eu
cd "$(dirname "$0")/.."
[ $# -eq 1 ] || { printf 'usage: build-image-root.sh FOLDER\n' >&2; exit 2; }
PATH="$PWD/node_modules/.bin:$PATH:/usr/sbin:/sbin"

root=$1
home=$root/opt/postern
rm -rf "$root"
umask 022
mkdir -p "$home/native" "$root/usr/local/bin" "$root/etc" "$root/run" "$root/var/lib/dpkg/status.d" "$root/usr/share/doc/postern"
mkdir -m 1777 "$root/tmp"

node scripts/bundle.ts "$home"
sed -i '1s|.*|#!/usr/local/bin/node|' "$home/dist/main.js"
chmod +x "$home/dist/main.js"
ln -s /opt/postern/dist/main.js "$root/usr/local/bin/postern"

# Beside the module that reads them, which is in a chunk.
node scripts/build-page.ts "$root/tmp"
mv "$root/tmp/audit/page/page-parts.json" "$home/dist/chunks/"
rm -r "$root/tmp/audit"

mkdir -p "$home/dist/bpf"
cp dist/bpf/policy.bpf.o "$home/dist/bpf/"
# Runs on the host, where the agent puts it if it is asked to.
sh scripts/build-cni.sh "$home/dist/cni/postern-cni"
cp native/index.js "$home/native/"
printf '{ "type": "module" }\n' >"$home/package.json"

node_binary=$(readlink -f node_modules/.bin/node)
cp "$node_binary" "$root/usr/local/bin/node"
copy_addon() {
  mkdir -p "$home/$1/build/Release"
  cp "$1"/build/Release/*.node "$home/$1/build/Release/"
}
copy_addon .
# What the bundle leaves out: it finds compiled code by its own place.
for module in @2060.io/ffi-napi @2060.io/ref-napi; do
  copy_addon "node_modules/$module"
  cp -r "node_modules/$module/lib" "node_modules/$module/package.json" "node_modules/$module/LICENSE" "$home/node_modules/$module/"
done
for module in debug ms ref-struct-di node-gyp-build; do
  mkdir -p "$home/node_modules/$module"
  (cd "node_modules/$module" && find . -name '*.js' -o -name package.json -o -name 'LICENSE*' -o -name 'license*') |
    (cd "node_modules/$module" && xargs tar -cf -) | tar -xf - -C "$home/node_modules/$module"
done
find "$root/usr/local/bin" "$home" \( -name '*.node' -o -name node -type f \) -exec strip --strip-unneeded {} +

# Libraries under their own paths, each with its Debian package's entry, by which scanners know what is in here.
find "$root/usr/local/bin/node" "$home" \( -name '*.node' -o -name node -type f \) -exec ldd {} + |
  awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// && NF == 2 && $2 ~ /^\(/ { print $1 }' | sort -u | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
  # Debian names them now with /usr, now without.
  package=$(dpkg -S "*/$(basename "$(readlink -f "$library")")" 2>/dev/null | head -n 1 | cut -d: -f1)
  [ -z "$package" ] || dpkg -s "$package" >"$root/var/lib/dpkg/status.d/$package"
done

printf 'root:x:0:0:root:/:/sbin/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\n' >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
cp -r LICENSE LICENSES "$root/usr/share/doc/postern/"
node scripts/write-sbom.ts "$root/usr/share/doc/postern/sbom.cdx.json"
