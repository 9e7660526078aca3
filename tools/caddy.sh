#!/bin/sh
# Finds or installs Caddy for `make acceptance` and writes its path to .venv/caddy-path.
# Usage: sh tools/caddy.sh .venv
#
# It tries these in order, and takes the first one that runs:
#   1. $CADDY      2. caddy on PATH
#   3. Debian's package, if apt-get exists and the user is root
# The tests start their own Caddy with the shipped site file; they do not touch one that runs on this machine.
# It ends with an error and advice if there is none: tests that need Caddy must not be skipped.
set -eu
kept=$1/caddy-path
. "$(dirname "$0")/programs.sh"

# Store this program and exit if it runs.
take() {
  if version=$("$1" version 2>&1); then keep "$1" "Caddy for the tests: $version ($1)"; fi
  note "$1: does not run"
}

look() {
  if has caddy; then take "$(command -v caddy)"; fi
}

if [ -n "${CADDY:-}" ]; then
  take "$CADDY"
  refuse "CADDY=$CADDY"
fi
look
install Caddy caddy
give_up "Caddy for the tests" "caddy is not on PATH" \
  "Install it (Debian and Ubuntu: apt-get install caddy; Fedora: dnf install caddy; macOS: brew install caddy), or name it:
CADDY=/path/to/caddy make acceptance"
