#!/usr/bin/env bash
# Runs a command with a Docker Engine:  scripts/with-engine.sh [TOOL…] -- COMMAND…
#
# TOOLs (see need.sh) are installed where they are missing. An engine that had to be started is stopped at the end,
# however the command ends. What the command needs to know is in DOCKER_HOST and AWS.
set -euo pipefail
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=need.sh
source "$scripts/need.sh"

tools=(engine)
while [ "${1:---}" != -- ]; do
	tools+=("$1")
	shift
done
shift

need "${tools[@]}"
trap '"$scripts/engine.sh" stop >/dev/null' EXIT # quiet: the command has the last word
"$scripts/engine.sh" start
eval "$("$scripts/engine.sh" env)"
"$@"
