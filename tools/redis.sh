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
problems=

has() { command -v "$1" >/dev/null 2>&1; }
note() { problems="$problems
  - $1"; }

# Store this program and exit if it runs.
take() {
  if version=$("$1" --version 2>&1); then
    if [ "$(cat "$kept" 2>/dev/null)" != "$1" ]; then echo "Redis for the tests: $version ($1)"; fi
    echo "$1" >"$kept"
    exit 0
  fi
  note "$1: does not run"
}

look() {
  for program in redis-server valkey-server; do
    if has "$program"; then take "$(command -v "$program")"; fi
  done
}

if [ -n "${REDIS_SERVER:-}" ]; then
  take "$REDIS_SERVER"
  echo "REDIS_SERVER=$REDIS_SERVER cannot be used:$problems" >&2
  exit 1
fi
look

if [ "$(id -u)" = 0 ] && has apt-get; then
  echo "Installing Redis (apt-get)"
  # Stop the package from starting a server: the tests do not need it.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
  fi
  log=$(mktemp)
  if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
       -o Dpkg::Options::=--force-confold redis-server
     } >"$log" 2>&1 </dev/null; then
    look
  else
    note "apt-get install redis-server: $(tail -n 1 "$log")"
  fi
  rm -f "$log"
fi

cat >&2 <<END

There is no Redis for the tests. These were tried:${problems:-
  - neither redis-server nor valkey-server is on PATH}

Install it (Debian and Ubuntu: apt-get install redis-server; Fedora: dnf install valkey; macOS: brew install redis), or
name its server: REDIS_SERVER=/path/to/redis-server make test
END
exit 1
