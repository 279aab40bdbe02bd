#!/usr/bin/env bash
# The step of action.yml: audits the paths, annotates their lines, and writes SARIF, the job's summary and the outputs. What the workflow says comes in
# variables alone, and is never read as shell. Ends with the exit code of the audit.
set -euo pipefail
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Of several lines those that are not empty, as `lines`.
read_lines() {
  lines=()
  local line
  while IFS= read -r line || [ -n "$line" ]; do
    line=${line%$'\r'}
    if [ -n "$line" ]; then lines+=("$line"); fi
  done <<<"$1"
}

read_lines "${POSTERN_ARGS:-}"
options=(${lines[@]+"${lines[@]}"})
read_lines "${POSTERN_PATHS:-.}"
paths=(${lines[@]+"${lines[@]}"})

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
options+=(--fail-on="${POSTERN_FAIL_ON:-warning}" -o github -o "json=$work/report.json")
if [ -n "${POSTERN_SARIF_FILE:-}" ]; then options+=(-o "sarif=$POSTERN_SARIF_FILE"); fi
if [ "${POSTERN_SUMMARY:-true}" = true ]; then options+=(-o "markdown=$work/summary.md"); fi

code=0
sh "$home/scripts/run-audit.sh" check "${options[@]}" -- ${paths[@]+"${paths[@]}"} </dev/null || code=$?

if [ -f "$work/summary.md" ] && [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$work/summary.md" >>"$GITHUB_STEP_SUMMARY"; fi
if [ -n "${GITHUB_OUTPUT:-}" ]; then
  {
    printf 'exit-code=%d\n' "$code"
    if [ -f "$work/report.json" ]; then
      node -e '
        const { counts, complete } = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"));
        for (const name of ["errors", "warnings", "notes", "ignored"]) console.log(name + "=" + counts[name]);
        console.log("complete=" + complete);
      ' "$work/report.json"
    fi
  } >>"$GITHUB_OUTPUT"
fi
exit "$code"
