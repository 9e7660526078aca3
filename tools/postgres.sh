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
. "$(dirname "$0")/programs.sh"

# Store this folder and exit if both of its programs run.
take() {
  if [ -x "$1/initdb" ] && [ -x "$1/postgres" ] && version=$("$1/postgres" --version 2>&1) && "$1/initdb" --version >/dev/null 2>&1; then
    keep "$1" "PostgreSQL for the tests: $version ($1)"
  fi
  note "$1: initdb and postgres are not there, or do not run"
}

# Try the newest version first.
look() {
  for folder in $(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin 2>/dev/null | sort -rV); do take "$folder"; done
}

if [ -n "${POSTGRES_BIN:-}" ]; then
  take "$POSTGRES_BIN"
  refuse "POSTGRES_BIN=$POSTGRES_BIN"
fi
if has initdb; then take "$(dirname "$(command -v initdb)")"; fi
look

# Stop the package from creating a server's data: the tests make their own.
settings=/etc/postgresql-common/createcluster.conf
if can_install && [ ! -e "$settings" ]; then
  mkdir -p "$(dirname "$settings")"
  echo "create_main_cluster = false" >"$settings"
fi
install PostgreSQL postgresql
give_up "PostgreSQL for the tests" "initdb is not on PATH" \
  "Install it (Debian and Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; macOS: brew install
postgresql), or name the folder of its programs: POSTGRES_BIN=/path/to/bin make test"
