#!/bin/sh
# Finds or installs nginx for `make acceptance` and writes its path to .venv/nginx-path.
# Usage: sh tools/nginx.sh .venv
#
# It tries these in order, and takes the first one that runs:
#   1. $NGINX      2. nginx on PATH or in /usr/sbin
#   3. Debian's package, if apt-get exists and the user is root
# The tests start their own nginx with the shipped site file; they do not touch one that runs on this machine.
# It ends with an error and advice if there is none: tests that need nginx must not be skipped.
set -eu
kept=$1/nginx-path
. "$(dirname "$0")/programs.sh"

# Store this program and exit if it runs.
take() {
  if version=$("$1" -v 2>&1); then keep "$1" "nginx for the tests: $version ($1)"; fi
  note "$1: does not run"
}

look() {
  if has nginx; then take "$(command -v nginx)"; fi
  if [ -x /usr/sbin/nginx ]; then take /usr/sbin/nginx; fi
}

if [ -n "${NGINX:-}" ]; then
  take "$NGINX"
  refuse "NGINX=$NGINX"
fi
look
install nginx nginx-light
give_up "nginx for the tests" "nginx is not on PATH" \
  "Install it (Debian and Ubuntu: apt-get install nginx; Fedora: dnf install nginx; macOS: brew install nginx), or name it:
NGINX=/path/to/nginx make acceptance"
