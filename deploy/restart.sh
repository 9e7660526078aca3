#!/bin/sh
# Restarts the processes of compose.yaml one after the other, so that somebody always answers.
# Usage: sh deploy/restart.sh
set -eu

cd "$(dirname "$0")"
for container in $(docker compose ps -q app); do
  docker restart -t 30 "$container" >/dev/null
  until [ "$(docker inspect --format '{{.State.Health.Status}}' "$container")" = healthy ]; do sleep 1; done
  echo "restarted $container"
done
