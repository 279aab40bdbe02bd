# Sourced by the build scripts: a stamp holds a hash of what a step was made from, so that a step with nothing to do costs milliseconds.
# Stamps lie in node_modules, since whatever replaces that (another Node, other headers) asks for a new build.

stamps=node_modules/.cache/postern

say() {
  printf 'set-up: %s\n' "$*"
}

# A hash over the named files and folders: their names and contents, and the machine's kind.
hash_of() {
  {
    uname -m
    find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
  } | sha256sum | cut -d' ' -f1
}

# stamp_matches NAME HASH
stamp_matches() {
  [ -f "$stamps/$1" ] && [ "$(cat "$stamps/$1")" = "$2" ]
}

# write_stamp NAME HASH
write_stamp() {
  mkdir -p "$stamps"
  printf '%s\n' "$2" >"$stamps/$1"
}

# run_quietly LOG COMMAND…: nothing is shown, unless it fails: then the end of what it said.
run_quietly() {
  log=$1
  shift
  mkdir -p "$stamps"
  "$@" >"$stamps/$log" 2>&1 && return
  tail -n 40 "$stamps/$log" >&2
  printf 'set-up: failed: %s (all of it: %s)\n' "$*" "$stamps/$log" >&2
  exit 1
}
