#!/usr/bin/env bash
# Docker Engine on cgroup v1: when a cgroup above several containers runs out of memory, every one of them is reported as
# OOMKilled, also one that nothing happened to and that ends well an hour later.
#
# Version     Docker Engine 20.10.24, containerd 1.6.20, runc 1.1.5 (Debian 12), cgroup v1
# Behaviour   Two containers have the same CgroupParent, whose memory is limited; they have no limit of their own. One wants
#             more than the parent has and the kernel kills it. The engine tells the event `oom` of both. The other goes on
#             undisturbed; when it is asked to end it exits with 0, and inspect has State.OOMKilled true for it too.
# Why         On cgroup v1 an eventfd for memory.oom_control is told of an out-of-memory of the cgroup and of those above it, and the
#             engine takes it for the container's own. Who groups containers under one limit (a pod, a task, a tenant) and trusts the
#             field or the event names innocent containers. The victim can be told by oom_kill in its own memory.oom_control, and on
#             cgroup v2 by oom_kill in memory.events.
# Needs       Debian 12 on amd64 with its package lists (apt-get update), root, cgroup v1, Go, curl, jq. Nothing is installed on
#             the machine; the engine is one of its own, in namespaces of its own (mount, network).
# Seen        2026-11-30, twice:
#             hungry: running false, OOMKilled true, exit code 137
#             quiet: running true, oom_kill 0
#             events oom: 2 containers
#             quiet, asked to end: running false, OOMKilled true, exit code 0
set -euo pipefail
dir=$(mktemp -d)
parent=finding-$$
memory=/sys/fs/cgroup/memory/$parent
[ -d /sys/fs/cgroup/memory ] || { echo "this machine has no cgroup v1"; exit 1; }
pid=
end() {
	if [ -n "$pid" ]; then
		kill "$pid" 2>/dev/null || true # dockerd also ends its containers and its containerd
		wait "$pid" || true
	fi
	find /sys/fs/cgroup -depth -type d -path "*/$parent*" -exec rmdir {} + 2>/dev/null || true
	rm -rf "$dir"
}
trap end EXIT
cd "$dir"

apt-get -qq -o APT::Sandbox::User=root download docker.io=20.10.24+dfsg1-1+deb12u1+b6 containerd=1.6.20~ds1-1+deb12u3 runc=1.1.5+ds1-1+deb12u1 \
	libdevmapper1.02.1=2:1.02.185-2
for deb in *.deb; do dpkg -x "$deb" debian; done

cat >main.go <<'END'
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if len(os.Args) > 1 { // hungry: 256 MiB, every page of them written to
		b := make([]byte, 256<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		fmt.Println("got it all")
		return
	}
	done := make(chan os.Signal, 1)
	signal.Notify(done, syscall.SIGTERM)
	<-done
}
END
CGO_ENABLED=0 go build -o program main.go
tar -cf image.tar program

# A mount namespace, so that nothing of the engine's is left mounted; a network of its own, as another engine may run here.
echo '{"deprecated-key-path": "'"$dir"'/key.json"}' >config.json
cat >serve <<'END'
mount -t tmpfs none /run
exec dockerd --config-file config.json -H "unix://$PWD/socket" --data-root "$PWD/data" --exec-root "$PWD/exec" \
	--pidfile "$PWD/docker.pid" --storage-driver vfs --bridge none --iptables=false --ip-forward=false
END
env PATH="$dir/debian/usr/sbin:$dir/debian/usr/bin:$PATH:/usr/sbin:/sbin" LD_LIBRARY_PATH="$dir/debian/lib/x86_64-linux-gnu" \
	unshare --mount --net -- sh serve >log 2>&1 &
pid=$!
api() { curl -sS --max-time 60 --unix-socket socket "$@"; }
for _ in $(seq 300); do
	! api http://docker/_ping >/dev/null 2>&1 || break
	sleep 0.2
done
[ "$(api http://docker/version | jq -r .Version)" = 20.10.24+dfsg1 ] || { cat log >&2; exit 1; }

api -o imported -H 'Content-Type: application/x-tar' --data-binary @image.tar 'http://docker/v1.41/images/create?fromSrc=-&repo=finding'
create() {
	api -H 'Content-Type: application/json' -d '{"Image": "finding", "Cmd": ['"$1"'],
		"HostConfig": {"CgroupParent": "/'"$parent"'", "NetworkMode": "none"}}' http://docker/v1.41/containers/create | jq -r .Id
}
state() { api "http://docker/v1.41/containers/$1/json" | jq -r ".State | \"running \\(.Running), OOMKilled \\(.OOMKilled), exit code \\(.ExitCode)\""; }
ooms() {
	api -G http://docker/v1.41/events --data-urlencode 'filters={"event":["oom"]}' -d since=0 -d "until=$(date +%s)" | jq -r .id | sort -u | wc -l
}

mkdir "$memory"
echo $((64 << 20)) >"$memory/memory.limit_in_bytes"
quiet=$(create '"/program"')
hungry=$(create '"/program", "hungry"')
got=$(
	api -X POST "http://docker/v1.41/containers/$quiet/start"
	api -X POST "http://docker/v1.41/containers/$hungry/start"
	api -X POST "http://docker/v1.41/containers/$hungry/wait" >/dev/null
	for _ in $(seq 50); do # the engine tells the second event when it gets to it
		[ "$(ooms)" -lt 2 ] || break
		sleep 0.2
	done
	echo "hungry: $(state "$hungry")"
	echo "quiet: $(state "$quiet" | cut -d, -f1), $(grep oom_kill' ' "$memory/$quiet/memory.oom_control")"
	echo "events oom: $(ooms) containers"
	api -X POST "http://docker/v1.41/containers/$quiet/kill?signal=TERM" # this program's own sign to end, with 0
	api -X POST "http://docker/v1.41/containers/$quiet/wait" >/dev/null
	echo "quiet, asked to end: $(state "$quiet")"
)
want='hungry: running false, OOMKilled true, exit code 137
quiet: running true, oom_kill 0
events oom: 2 containers
quiet, asked to end: running false, OOMKilled true, exit code 0'
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'CHANGED; on 2026-11-30 it was:\n%s\n' "$want" >&2; exit 1; }
