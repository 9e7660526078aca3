#!/bin/sh
# Finds or installs a real Chromium for the tests and writes its path to .venv/browser-path.
# Usage: sh tools/browser.sh .venv/bin
#
# It tries these in order, and takes the first one that starts:
#   1. $CHROMIUM
#   2. Chromium's headless shell on PATH, or the one that Playwright downloaded earlier
#   3. Debian's package of it, if apt-get exists and the user is root
#   4. a Chromium or Chrome on PATH
#   5. Debian's package of Chromium
#   6. Playwright's own download
# The headless shell is the same engine without a window: a page costs a third of the processor time.
# It ends with an error and advice if there is none: tests that need a browser must not be skipped.
set -eu

bin=$1
kept=$bin/../browser-path
tried=$bin/../browser-tried # apt-get had no headless shell: do not ask at every run
problems=

is_root() { [ "$(id -u)" = 0 ]; }
has() { command -v "$1" >/dev/null 2>&1; }
note() { problems="$problems
  - $1"; }

# Start the browser at this path as the tests do; store the path and exit if it works.
take() {
  path=$(command -v "$1") || { note "$1: there is no such program"; return 0; }
  if [ "$(cat "$kept" 2>/dev/null)" = "$path" ]; then exit 0; fi
  if reason=$("$bin/python" - "$path" 2>&1 <<'PYTHON'
import sys
from playwright.sync_api import sync_playwright

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=sys.argv[1], args=["--no-sandbox"], timeout=60_000)
    print(f"Browser for the tests: Chromium {browser.version} ({sys.argv[1]})")
    browser.close()
PYTHON
  ); then
    echo "$reason"
    echo "$path" >"$kept"
    exit 0
  fi
  note "$path does not start: $(echo "$reason" | grep Error | head -n 1)"
}

if [ -n "${CHROMIUM:-}" ]; then
  take "$CHROMIUM"
  echo "CHROMIUM=$CHROMIUM cannot be used:$problems" >&2
  exit 1
fi

# Installs a package of Debian's and takes the program of the same name.
install() {
  echo "Installing $1 (apt-get)"
  log=$(mktemp)
  if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1"
     } >"$log" 2>&1 </dev/null; then
    take "$1"
  else
    note "apt-get install $1: $(tail -n 1 "$log")"
  fi
  rm -f "$log"
}

for name in chromium-headless-shell chrome-headless-shell headless_shell; do
  if has "$name"; then take "$name"; fi
done
case $(cat "$kept" 2>/dev/null) in
  */chrome-headless-shell | */headless_shell) take "$(cat "$kept")" ;;
esac
if is_root && has apt-get && [ ! -e "$tried" ]; then
  install chromium-headless-shell
  touch "$tried"
fi

for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do
  if has "$name"; then take "$name"; fi
done
if is_root && has apt-get; then install chromium; fi

echo "Downloading Chromium (Playwright)"
if is_root && has apt-get; then
  "$bin/playwright" install-deps chromium >/dev/null 2>&1 </dev/null || note "playwright install-deps failed"
fi
if log=$("$bin/playwright" install --only-shell chromium 2>&1 </dev/null); then
  folder=$("$bin/playwright" install --only-shell --dry-run chromium |
    sed -n '/headless-shell/,$ s/^ *Install location: *//p' | head -n 1)
  take "$(find "$folder" -type f \( -name chrome-headless-shell -o -name headless_shell \) | head -n 1)"
else
  note "playwright install: $(echo "$log" | grep -i error | head -n 1)"
fi

cat >&2 <<EOF

There is no browser for the tests. These were tried:$problems

Install Chromium or Chrome so that it is on PATH, or name one: CHROMIUM=/path/to/chromium make test
EOF
exit 1
