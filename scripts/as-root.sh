#!/bin/sh
# Runs a command as root: as it is, through sudo where that works, else says so. With --if-possible it runs without root instead.
# Usage: as-root.sh [--if-possible] COMMAND…
set -eu

if_possible=false
if [ "$1" = --if-possible ]; then
  if_possible=true
  shift
fi

[ "$(id -u)" -ne 0 ] || exec "$@"

if command -v sudo >/dev/null; then
  # Without a terminal nobody can type a password.
  if sudo -n true 2>/dev/null || { [ -t 0 ] && echo 'postern: root is needed for network namespaces and BPF: asking sudo' && sudo true; }; then
    # sudo resets the environment; these are what the command may look at.
    exec sudo env "PATH=$PATH" ${CI+"CI=$CI"} ${TERM+"TERM=$TERM"} ${FORCE_COLOR+"FORCE_COLOR=$FORCE_COLOR"} ${NO_COLOR+"NO_COLOR=$NO_COLOR"} "$@"
  fi
fi

if $if_possible; then exec "$@"; fi
echo 'postern: this needs root for network namespaces and BPF, and sudo does not give it: run it as root' >&2
exit 1
