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
problems=

has() { command -v "$1" >/dev/null 2>&1; }
note() { problems="$problems
  - $1"; }

# Store this program and exit if it runs.
take() {
  if version=$("$1" -v 2>&1); then
    if [ "$(cat "$kept" 2>/dev/null)" != "$1" ]; then echo "nginx for the tests: $version ($1)"; fi
    echo "$1" >"$kept"
    exit 0
  fi
  note "$1: does not run"
}

look() {
  if has nginx; then take "$(command -v nginx)"; fi
  if [ -x /usr/sbin/nginx ]; then take /usr/sbin/nginx; fi
}

if [ -n "${NGINX:-}" ]; then
  take "$NGINX"
  echo "NGINX=$NGINX cannot be used:$problems" >&2
  exit 1
fi
look

if [ "$(id -u)" = 0 ] && has apt-get; then
  echo "Installing nginx (apt-get)"
  # Stop the package from starting a server: the tests do not need it.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
  fi
  log=$(mktemp)
  if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
       -o Dpkg::Options::=--force-confold nginx-light
     } >"$log" 2>&1 </dev/null; then
    look
  else
    note "apt-get install nginx-light: $(tail -n 1 "$log")"
  fi
  rm -f "$log"
fi

cat >&2 <<END

There is no nginx for the tests. These were tried:${problems:-
  - nginx is not on PATH}

Install it (Debian and Ubuntu: apt-get install nginx; Fedora: dnf install nginx; macOS: brew install nginx), or name it:
NGINX=/path/to/nginx make acceptance
END
exit 1
