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
. "$(dirname "$0")/programs.sh"

# Store the program in this folder and exit if it has the dialog and a Python.
take() {
  if [ ! -x "$1/soffice.bin" ] && [ ! -x "$1/soffice" ]; then return; fi
  if ! ls "$1" "$1/../Frameworks" 2>/dev/null | grep -q scuilo; then note "$1: without the dialog for tables"; return; fi
  program=$1/soffice.bin
  [ -x "$program" ] || program=$1/soffice
  for python in "$1/python" "$1/../Resources/python" /usr/bin/python3 python3; do
    if "$python" -c 'import uno' 2>/dev/null; then
      keep "$program
$python" "LibreOffice for the check of the exports: $program"
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
  refuse "LIBREOFFICE=$LIBREOFFICE"
fi
look
install "LibreOffice Calc" libreoffice-calc python3-uno
give_up "LibreOffice for the check of the exports" "no folder of a LibreOffice was found" \
  "Install it (Debian and Ubuntu: apt-get install libreoffice-calc python3-uno; Fedora: dnf install libreoffice-calc
libreoffice-pyuno), or name its folder: LIBREOFFICE=/path/to/program make acceptance"
