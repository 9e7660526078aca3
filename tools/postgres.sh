#!/bin/sh
# Finds or installs PostgreSQL's programs for the tests and writes their folder to .venv/postgres-path.
# Usage: sh tools/postgres.sh .venv
#
# It tries these in order, and takes the first one whose programs run:
#   1. $POSTGRES_BIN      2. initdb on PATH      3. the folders of Debian, Ubuntu and Fedora
#   4. Debian's package, if apt-get exists and the user is root
# The tests start their own servers with new data; they do not touch a server that runs on this machine.
# It ends with an error and advice if there is none: tests that need PostgreSQL must not be skipped.
set -eu

kept=$1/postgres-path
problems=

has() { command -v "$1" >/dev/null 2>&1; }
note() { problems="$problems
  - $1"; }

# Store this folder and exit if both of its programs run.
take() {
  if [ -x "$1/initdb" ] && [ -x "$1/postgres" ] && version=$("$1/postgres" --version 2>&1) && "$1/initdb" --version >/dev/null 2>&1; then
    if [ "$(cat "$kept" 2>/dev/null)" != "$1" ]; then echo "PostgreSQL for the tests: $version ($1)"; fi
    echo "$1" >"$kept"
    exit 0
  fi
  note "$1: initdb and postgres are not there, or do not run"
}

# Try the newest version first.
look() {
  for folder in $(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin 2>/dev/null | sort -rV); do take "$folder"; done
}

if [ -n "${POSTGRES_BIN:-}" ]; then
  take "$POSTGRES_BIN"
  echo "POSTGRES_BIN=$POSTGRES_BIN cannot be used:$problems" >&2
  exit 1
fi
if has initdb; then take "$(dirname "$(command -v initdb)")"; fi
look

if [ "$(id -u)" = 0 ] && has apt-get; then
  echo "Installing PostgreSQL (apt-get)"
  # Stop the package from creating and starting a server: the tests do not need it.
  settings=/etc/postgresql-common/createcluster.conf
  if [ ! -e "$settings" ]; then
    mkdir -p "$(dirname "$settings")"
    echo "create_main_cluster = false" >"$settings"
  fi
  log=$(mktemp)
  if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
       -o Dpkg::Options::=--force-confold postgresql
     } >"$log" 2>&1 </dev/null; then
    look
  else
    note "apt-get install postgresql: $(tail -n 1 "$log")"
  fi
  rm -f "$log"
fi

cat >&2 <<END

There is no PostgreSQL for the tests. These were tried:${problems:-
  - initdb is not on PATH}

Install it (Debian and Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; macOS: brew install
postgresql), or name the folder of its programs: POSTGRES_BIN=/path/to/bin make test
END
exit 1
