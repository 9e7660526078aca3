# What the scripts share that find or install a program for the tests. They read this file with `.`, set $kept to the file
# that remembers the path, and define `look`, which takes the first program that runs.

problems=

has() { command -v "$1" >/dev/null 2>&1; }

# Remember why something cannot be used.
note() { problems="$problems
  - $1"; }

# Store a path and exit. Say what it is if it is new. Usage: keep PATH TEXT
keep() {
  if [ "$(cat "$kept" 2>/dev/null)" != "$1" ]; then echo "$2"; fi
  echo "$1" >"$kept"
  exit 0
}

# End, since the program that a variable names cannot be used. Usage: refuse NAME=VALUE
refuse() {
  echo "$1 cannot be used:$problems" >&2
  exit 1
}

# Whether Debian's packages can be installed.
can_install() { [ "$(id -u)" = 0 ] && has apt-get; }

# Install packages of Debian if that is possible, and look again. Usage: install NAME PACKAGE…
install() {
  can_install || return 0
  echo "Installing $1 (apt-get)"
  shift
  # Stop the packages from starting a server: the tests start their own.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
  fi
  log=$(mktemp)
  if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
       -o Dpkg::Options::=--force-confold "$@"
     } >"$log" 2>&1 </dev/null; then
    look
  else
    note "apt-get install $*: $(tail -n 1 "$log")"
  fi
  rm -f "$log"
}

# End with what was tried and with advice. Usage: give_up WHAT IS_MISSING_WHERE ADVICE
give_up() {
  printf '\nThere is no %s. These were tried:%s\n\n%s\n' "$1" "${problems:-
  - $2}" "$3" >&2
  exit 1
}
