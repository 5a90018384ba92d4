#!/usr/bin/env bash
# Runs a command with the Docker Engine of another Debian release:  scripts/on-engine.sh RELEASE COMMAND…
#
# The engine is in a folder and a network of its own, and the command runs in that network, where it finds the engine by
# DOCKER_HOST. Both are gone at the end.
set -euo pipefail
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PATH=$PATH:/usr/sbin:/sbin

export GANTRY_ENGINE_RELEASE=$1
shift
GANTRY_ENGINE_DIR=$(mktemp -d)
export GANTRY_ENGINE_DIR
trap '"$scripts/engine.sh" stop >/dev/null; rm -rf "$GANTRY_ENGINE_DIR"' EXIT
"$scripts/engine.sh" start
eval "$("$scripts/engine.sh" env)"
nsenter --net --target "$(cat "$GANTRY_ENGINE_DIR/docker.pid")" "$@"
