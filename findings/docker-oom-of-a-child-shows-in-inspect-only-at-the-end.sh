#!/usr/bin/env bash
# Docker Engine: a process of a container is killed for lack of memory, an event tells so, and inspect says that it was not;
# inspect says so when the container ends, however well it ends.
#
# Version     Docker Engine 20.10.24, containerd 1.6.20, runc 1.1.5 (Debian 12), cgroup v1
# Behaviour   A container with a memory limit starts a child that wants more. The kernel kills the child alone; the container
#             runs on. The engine tells the event `oom` at once, but inspect has State.OOMKilled false, as long as the container
#             runs. When its program then ends, of its own will and with the exit code 0, State.OOMKilled is true.
# Why         The field looks like the cause of the end, or like the present state, and is neither: who asks it of a running
#             container never learns of the kill, and who reports "out of memory" for each ended container that has it blames
#             memory for an end that was a success. A watcher needs the event for the first, and the exit code (137) beside
#             the field for the second.
# Needs       Debian 12 on amd64 with its package lists (apt-get update), root, Go, curl, jq. Nothing is installed on the
#             machine; the engine is one of its own, in namespaces of its own (mount, network).
# Seen        2026-11-29, three times:
#             event: oom
#             inspect: running true, OOMKilled false
#             2 seconds later: running true, OOMKilled false
#             the container's log: child: signal: killed
#             inspect after the end: running false, OOMKilled true, exit code 0
set -euo pipefail
dir=$(mktemp -d)
pid=
end() {
	if [ -n "$pid" ]; then
		kill "$pid" 2>/dev/null || true # dockerd also ends its containers and its containerd
		wait "$pid" || true
	fi
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
	"os/exec"
	"os/signal"
	"syscall"
)

func main() {
	if len(os.Args) > 1 { // the child: 256 MiB, every page of them written to
		b := make([]byte, 256<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		fmt.Println("the child got its memory")
		return
	}
	done := make(chan os.Signal, 1)
	signal.Notify(done, syscall.SIGTERM)
	fmt.Println("child:", exec.Command("/program", "child").Run())
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
id=$(api -H 'Content-Type: application/json' -d '{"Image": "finding", "Cmd": ["/program"],
	"HostConfig": {"Memory": 33554432, "MemorySwap": 33554432, "NetworkMode": "none"}}' http://docker/v1.41/containers/create | jq -r .Id)
state() { api "http://docker/v1.41/containers/$id/json" | jq -r ".State | \"running \\(.Running), OOMKilled \\(.OOMKilled)${1:-}\""; }
events() {
	api -G http://docker/v1.41/events --data-urlencode 'filters={"container":["'"$id"'"],"event":["oom"]}' \
		-d since=0 -d "until=$(date +%s)" | jq -r .Action | sort -u
}

got=$(
	api -X POST "http://docker/v1.41/containers/$id/start"
	for _ in $(seq 100); do
		[ -z "$(events)" ] || break
		sleep 0.2
	done
	echo "event: $(events)"
	echo "inspect: $(state)"
	sleep 2
	echo "2 seconds later: $(state)"
	echo "the container's log: $(api "http://docker/v1.41/containers/$id/logs?stdout=1" | tail -c +9)" # after the head of the stream's frame
	api -X POST "http://docker/v1.41/containers/$id/kill?signal=TERM" # this program's own sign to end, with 0
	api -X POST "http://docker/v1.41/containers/$id/wait" >/dev/null
	echo "inspect after the end: $(state ', exit code \(.ExitCode)')"
)
want='event: oom
inspect: running true, OOMKilled false
2 seconds later: running true, OOMKilled false
the container'\''s log: child: signal: killed
inspect after the end: running false, OOMKilled true, exit code 0'
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'CHANGED; on 2026-11-29 it was:\n%s\n' "$want" >&2; exit 1; }
