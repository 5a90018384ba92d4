#!/usr/bin/env bash
# A Docker Engine for the demo and the tests:  scripts/engine.sh start | stop | env
#
#   start  uses the engine that answers (DOCKER_HOST is respected), or starts one, also over the remains of one that
#          was killed, and waits until it answers.
#   stop   stops a dockerd that `start` started by hand. Any other engine, and one that systemd runs, stays up.
#   env    prints the line that points Docker's clients to the engine; use it as: eval "$(scripts/engine.sh env)"
#
# With GANTRY_ENGINE_DIR=DIR the engine is one of its own, with its socket and all its data in DIR and a network of its
# own, whatever else runs on the machine. Ports that its containers publish are reached only from inside that network:
# nsenter --net --target "$(cat DIR/docker.pid)" COMMAND.
#
# With GANTRY_ENGINE_RELEASE=trixie as well, it is the engine of that Debian release, unpacked beside the machine's own
# (see unpack-engine.sh). GANTRY_ENGINE_FLAGS are further flags of that dockerd.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=need.sh
source "$scripts/need.sh" # engine_answers

dockerd=(dockerd)
if [ -n "${GANTRY_ENGINE_DIR:-}" ]; then
	state=$GANTRY_ENGINE_DIR
	exec_root=$state/exec
	pid_file=$state/docker.pid
	export DOCKER_HOST=unix://$state/docker.sock
	# Two engines must never share a network namespace: even with --bridge=none, dockerd removes the docker0 that it finds
	# there, and with it the network of the machine's own engine.
	# A new namespace has its loopback down; a swarm of one listens there.
	# An engine of another release has that release's /usr, and its mounts are its own.
	mounts=()
	[ -z "${GANTRY_ENGINE_RELEASE:-}" ] || mounts=(--mount --propagation slave)
	# shellcheck disable=SC2206
	dockerd=(unshare --net "${mounts[@]}" -- sh -c
		'ip link set lo up && { [ -z "${engine_usr:-}" ] || mount --bind "$engine_usr" /usr; } && exec dockerd "$@"' sh
		-H "$DOCKER_HOST" --data-root "$state/data" --exec-root "$exec_root" --pidfile "$pid_file"
		${GANTRY_ENGINE_FLAGS:-})
elif [ -n "${GANTRY_ENGINE_RELEASE:-}" ]; then
	echo "GANTRY_ENGINE_RELEASE=$GANTRY_ENGINE_RELEASE needs GANTRY_ENGINE_DIR, the folder of an engine of its own." >&2
	exit 2
else
	state=/run/gantry-engine
	exec_root=/var/run/docker
	pid_file=/var/run/docker.pid
fi
log=$state/dockerd.log
ours=$state/started # "pid start-time" of the dockerd that this script started

# lives PID: there is such a process. A zombie does not count: it is dead and only waits to be reaped.
lives() {
	[ -n "$1" ] && grep -q '^State:.[^ZX]' "/proc/$1/status" 2>/dev/null
}

# is PID NAME: the process lives and has that name.
is() {
	lives "$1" && [ "$(cat "/proc/$1/comm" 2>/dev/null)" = "$2" ]
}

# started_at PID prints when the process started, in clock ticks since boot: with the pid it names one process for good.
started_at() {
	sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

# our_pid prints the pid of the dockerd that this script started, if it still runs.
our_pid() {
	local pid at
	read -r pid at 2>/dev/null <"$ours" || return 1
	is "$pid" dockerd && [ "$(started_at "$pid")" = "$at" ] && echo "$pid"
}

# drop_stale FILE NAME removes a pid file whose process is not a live NAME. dockerd refuses to start over its own, and
# waits for a dead containerd over the other.
drop_stale() {
	if [ -e "$1" ] && ! is "$(cat "$1")" "$2"; then
		echo "removing $1, left by a $2 that was killed"
		rm -f "$1"
	fi
}

# wait_for_engine waits while a dockerd lives that may still answer: the one given or the pid file's.
wait_for_engine() {
	local deadline=$((SECONDS + 90))
	until engine_answers; do
		if ! lives "$1" && ! is "$(cat "$pid_file" 2>/dev/null)" dockerd; then
			echo "dockerd has ended; the last lines of $log:" >&2
			tail -n 20 "$log" >&2 || true
			return 1
		fi
		if [ "$SECONDS" -ge "$deadline" ]; then
			echo "dockerd does not answer after 90 seconds; the last lines of $log:" >&2
			tail -n 20 "$log" >&2 || true
			return 1
		fi
		sleep 0.2
	done
}

start() {
	if engine_answers; then
		echo "Docker Engine: using the one that runs"
		return 0
	fi
	if [ -n "${DOCKER_HOST:-}" ] && [ -z "${GANTRY_ENGINE_DIR:-}" ]; then
		echo "No Docker Engine answers at DOCKER_HOST=$DOCKER_HOST. Start it, or unset DOCKER_HOST." >&2
		return 1
	fi
	if [ "$(id -u)" != 0 ]; then
		docker version 2>&1 >/dev/null | tail -n 1 >&2 || true
		echo "No Docker Engine answers, and starting one needs root: sudo $0 start" >&2
		return 1
	fi
	mkdir -p "$state"
	if [ -d /run/systemd/system ] && [ -z "${GANTRY_ENGINE_DIR:-}" ]; then
		echo "Docker Engine: systemctl start docker"
		systemctl start docker
		engine_answers
		return
	fi

	drop_stale "$pid_file" dockerd
	drop_stale "$exec_root/containerd/containerd.pid" containerd
	local pid=
	if [ ! -e "$pid_file" ]; then
		if [ -n "${GANTRY_ENGINE_RELEASE:-}" ]; then
			engine_usr=$("$scripts/unpack-engine.sh" "$GANTRY_ENGINE_RELEASE")/usr || return 1
			export engine_usr
		fi
		echo "Docker Engine: starting dockerd (log: $log)"
		ulimit -n 1048576 2>/dev/null || true # containers inherit it
		setsid "${dockerd[@]}" </dev/null >"$log" 2>&1 &
		pid=$!
		echo "$pid $(started_at "$pid")" >"$ours"
	fi
	wait_for_engine "$pid"
}

stop() {
	local pid
	pid=$(our_pid) || {
		rm -f "$ours"
		return 0
	}
	echo "Docker Engine: stopping the dockerd that was started for this"
	kill -TERM "$pid"
	local deadline=$((SECONDS + 60))
	while is "$pid" dockerd; do
		if [ "$SECONDS" -ge "$deadline" ]; then
			echo "dockerd $pid does not stop; killing it" >&2
			kill -KILL "$pid"
			break
		fi
		sleep 0.1
	done
	rm -f "$ours"
}

print_env() {
	local host=${DOCKER_HOST:-}
	# The docker CLI may follow a context that other clients know nothing of.
	[ -n "$host" ] || host=$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null) || host=
	[ -z "$host" ] || printf 'export DOCKER_HOST=%q\n' "$host"
}

case "${1:-}" in
start) start ;;
stop) stop ;;
env) print_env ;;
*)
	sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
	exit 2
	;;
esac
