#!/bin/sh
# Finds or installs LibreOffice Calc for `make acceptance`. Writes the paths of its program and of a Python that can talk to
# it (UNO) to .venv/libreoffice-path, one a line.
# Usage: sh tools/libreoffice.sh .venv
#
# It tries these in order, and takes the first one that runs:
#   1. $LIBREOFFICE (its folder `program`)      2. the usual folders
#   3. Debian's packages, if apt-get exists and the user is root
# A LibreOffice without windows (libreoffice-calc-nogui) does not do: it lacks the dialog that people see.
set -eu

kept=$1/libreoffice-path
problems=

has() { command -v "$1" >/dev/null 2>&1; }
note() { problems="$problems
  - $1"; }

# Store the program in this folder and exit if it has the dialog and a Python.
take() {
  if [ ! -x "$1/soffice.bin" ] && [ ! -x "$1/soffice" ]; then return; fi
  if ! ls "$1" "$1/../Frameworks" 2>/dev/null | grep -q scuilo; then note "$1: without the dialog for tables"; return; fi
  program=$1/soffice.bin
  [ -x "$program" ] || program=$1/soffice
  for python in "$1/python" "$1/../Resources/python" /usr/bin/python3 python3; do
    if "$python" -c 'import uno' 2>/dev/null; then
      printf '%s\n%s\n' "$program" "$python" >"$kept"
      exit 0
    fi
  done
  note "$1: no Python with the module uno"
}

look() {
  for folder in /usr/lib/libreoffice/program /usr/lib64/libreoffice/program /opt/libreoffice*/program \
    /Applications/LibreOffice.app/Contents/MacOS; do
    take "$folder"
  done
}

if [ -n "${LIBREOFFICE:-}" ]; then
  take "$LIBREOFFICE"
  echo "LIBREOFFICE=$LIBREOFFICE cannot be used:$problems" >&2
  exit 1
fi
look

if [ "$(id -u)" = 0 ] && has apt-get; then
  echo "Installing LibreOffice Calc (apt-get)"
  log=$(mktemp)
  if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
       libreoffice-calc python3-uno
     } >"$log" 2>&1 </dev/null; then
    look
  else
    note "apt-get install libreoffice-calc python3-uno: $(tail -n 1 "$log")"
  fi
  rm -f "$log"
fi

cat >&2 <<END

There is no LibreOffice for the check of the exports. These were tried:${problems:-
  - no folder of a LibreOffice was found}

Install it (Debian and Ubuntu: apt-get install libreoffice-calc python3-uno; Fedora: dnf install libreoffice-calc
libreoffice-pyuno), or name its folder: LIBREOFFICE=/path/to/program make acceptance
END
exit 1
