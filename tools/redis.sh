#!/bin/sh
# Finds or installs Redis' server for the tests and writes its path to .venv/redis-path.
# Usage: sh tools/redis.sh .venv
#
# It tries these in order, and takes the first one that runs:
#   1. $REDIS_SERVER      2. redis-server or valkey-server on PATH
#   3. Debian's package, if apt-get exists and the user is root
# The tests start their own servers, which store nothing; they do not touch a server that runs on this machine.
# It ends with an error and advice if there is none: tests that need Redis must not be skipped.
set -eu
kept=$1/redis-path
. "$(dirname "$0")/programs.sh"

# Store this program and exit if it runs.
take() {
  if version=$("$1" --version 2>&1); then keep "$1" "Redis for the tests: $version ($1)"; fi
  note "$1: does not run"
}

look() {
  for program in redis-server valkey-server; do
    if has "$program"; then take "$(command -v "$program")"; fi
  done
}

if [ -n "${REDIS_SERVER:-}" ]; then
  take "$REDIS_SERVER"
  refuse "REDIS_SERVER=$REDIS_SERVER"
fi
look
install Redis redis-server
give_up "Redis for the tests" "neither redis-server nor valkey-server is on PATH" \
  "Install it (Debian and Ubuntu: apt-get install redis-server; Fedora: dnf install valkey; macOS: brew install redis), or
name its server: REDIS_SERVER=/path/to/redis-server make test"
