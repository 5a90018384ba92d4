#!/usr/bin/env bash
# Go's runtime: a program that is the first process of a container (PID 1) and handles no SIGTERM ends with status 2 on one.
#
# Version     go1.26.8 on Linux, util-linux's unshare for the PID namespace
# Behaviour   Elsewhere SIGTERM kills such a program: the shell sees status 143 (128 + 15). As PID 1 of a namespace the runtime
#             catches the signal, sets it to its default and raises it again, which Linux ignores for PID 1; then it calls
#             exit(2). A program in C that handles nothing is not ended at all there, and is killed after the grace period.
# Why         `docker stop` of a Go program without a handler, or in the moments before signal.Notify, gives exit code 2, which
#             is also that of a panic: supervisors and circuit breakers count a crash where a stop was asked for. 143 or 0,
#             which people test for, never comes.
# Seen        2026-11-30, twice:
#             as any process: 143
#             as PID 1: 2
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

cat >go.mod <<'END'
module finding

go 1.25
END
cat >main.go <<'END'
package main

import (
	"fmt"
	"time"
)

func main() {
	fmt.Println("up")
	time.Sleep(time.Minute)
}
END
CGO_ENABLED=0 go build -o program .
namespace=(unshare --pid --fork)
[ "$(id -u)" = 0 ] || namespace=(unshare --user --map-root-user --pid --fork)

# status starts a command, sends SIGTERM to the program in it once it is up, and prints the status of the command.
status() {
	local out=$dir/out program code=0
	: >"$out"
	"$@" >"$out" &
	local command=$!
	until grep -q up "$out"; do sleep 0.05; done
	program=$(pgrep -P "$command" -x program || echo "$command")
	kill -TERM "$program"
	wait "$command" || code=$?
	echo "$code"
}
want="as any process: 143
as PID 1: 2"
got="as any process: $(status ./program)
as PID 1: $(status "${namespace[@]}" ./program)"
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'CHANGED; on 2026-11-30 it was:\n%s\n' "$want" >&2; exit 1; }
