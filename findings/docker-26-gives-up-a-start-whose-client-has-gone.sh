#!/usr/bin/env bash
# Docker Engine 26.1 gives up the start of a container when the client that asked for it goes away; 20.10 finishes the start.
#
# Version     Docker Engine 20.10.24, containerd 1.6.20 (Debian 12); Docker Engine 26.1.5, containerd 1.7.24 (Debian 13); both
#             with runc 1.1.5
# Behaviour   POST /containers/ID/start has no body and no option, and takes a while: here 1,000 published ports make it slow. A
#             client that closes its connection after 0.2 seconds (its own time ran out, or it was killed) has a running
#             container a moment later with 20.10. With 26.1 the container goes back to "created", with the exit code 128, the
#             error "context canceled" and no event, neither start nor die. Only the part before the container is given to
#             containerd is given up like that: somewhat later the same loss of the client has no effect.
# Why         "The request was sent, so it will start; look again later" was right for years, and a supervisor that is restarted
#             in mid-start waits for a container that nobody starts any more; the restart policy does not either. It looks like
#             a failed start with an exit code, though nothing failed: a plain second start works. Start again what is "created"
#             after a lost call, and don't count that 128 as the program's.
# Needs       amd64, Debian's apt and its archive keyring, root, Go, curl, jq, unshare. Nothing is installed on the machine: the
#             package lists of both releases and both engines have folders and namespaces (mount, network) of their own.
# Seen        2026-11-30, three times:
#             20.10.24+dfsg1: client gone after 0.2 seconds: running, exit code 0, error ""; events: create start
#             26.1.5+dfsg1: client gone after 0.2 seconds: created, exit code 128, error "context canceled"; events: create
#             26.1.5+dfsg1: started again: running, exit code 0, error ""; events: create start
set -euo pipefail
dir=$(mktemp -d)
pid=
stop() {
	[ -n "$pid" ] || return 0
	kill "$pid" 2>/dev/null || true # dockerd also ends its containers and its containerd
	wait "$pid" || true
	pid=
}
end() {
	stop
	rm -rf "$dir"
}
trap end EXIT
chmod 755 "$dir"
cd "$dir"

# download RELEASE PACKAGE…: unpacks packages of the release into ./RELEASE, with lists of its own.
download() {
	local release=$1
	shift
	mkdir -p "apt-$release/lists/partial" "$release/debs"
	touch "apt-$release/status"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $release main" >"apt-$release/sources.list"
	cat >"apt-$release/apt.conf" <<-CONF
		Dir::State::lists "$dir/apt-$release/lists";
		Dir::State::status "$dir/apt-$release/status";
		Dir::Cache "$dir/apt-$release";
		Dir::Etc::sourcelist "$dir/apt-$release/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		APT::Sandbox::User "root";
	CONF
	(
		export APT_CONFIG=$dir/apt-$release/apt.conf
		apt-get -qq update
		cd "$release/debs"
		apt-get -qq download "$@"
	)
	for deb in "$release"/debs/*.deb; do dpkg -x "$deb" "$release"; done
}
download bookworm docker.io=20.10.24+dfsg1-1+deb12u1+b6 containerd=1.6.20~ds1-1+deb12u3 runc=1.1.5+ds1-1+deb12u1 \
	libdevmapper1.02.1=2:1.02.185-2
download trixie docker.io=26.1.5+dfsg1-9+deb13u1+b1 containerd=1.7.24~ds1-6+deb13u1
cp bookworm/usr/sbin/runc trixie/usr/sbin/ # trixie's own needs trixie's C library

cat >main.go <<'END'
package main

import "time"

func main() { time.Sleep(time.Hour) }
END
CGO_ENABLED=0 go build -o program main.go
tar -cf image.tar program

cat >serve <<'END'
mount -t tmpfs none /run
ip link set lo up
exec dockerd --config-file "$1/config.json" -H "unix://$PWD/$1/socket" --data-root "$PWD/$1/data" --exec-root "$PWD/$1/exec" \
	--pidfile "$PWD/$1/docker.pid" --storage-driver vfs --iptables=false --ip-forward=false
END

# try RELEASE VERSION SECONDS: runs the release's engine and prints what becomes of a start whose client goes after SECONDS.
try() {
	local release=$1 version=$2 seconds=$3 exposed bound id
	echo '{"deprecated-key-path": "'"$dir/$release"'/key.json"}' >"$release/config.json"
	env PATH="$dir/$release/usr/sbin:$dir/$release/usr/bin:$PATH:/usr/sbin:/sbin" LD_LIBRARY_PATH="$dir/$release/lib/x86_64-linux-gnu" \
		unshare --mount --net -- sh serve "$release" >"$release/log" 2>&1 &
	pid=$!
	api() { curl -sS --max-time 60 --unix-socket "$release/socket" "$@"; }
	for _ in $(seq 300); do
		! api http://docker/_ping >/dev/null 2>&1 || break
		sleep 0.2
	done
	[ "$(api http://docker/version | jq -r .Version)" = "$version" ] || { cat "$release/log" >&2; exit 1; }

	api -o imported -H 'Content-Type: application/x-tar' --data-binary @image.tar \
		'http://docker/v1.41/images/create?fromSrc=-&repo=finding'
	exposed=$(jq -nc '[range(20000; 21000) | {key: "\(.)/tcp", value: {}}] | from_entries')
	bound=$(jq -c 'with_entries(.value = [{HostIp: "127.0.0.1", HostPort: (.key | rtrimstr("/tcp"))}])' <<<"$exposed")
	id=$(api -H 'Content-Type: application/json' -d '{"Image": "finding", "Cmd": ["/program"], "ExposedPorts": '"$exposed"',
		"HostConfig": {"RestartPolicy": {"Name": "always"}, "PortBindings": '"$bound"'}}' \
		http://docker/v1.41/containers/create | jq -r .Id)
	state() {
		api "http://docker/v1.41/containers/$id/json" |
			jq -r ".State | \"$version: $1: \\(.Status), exit code \\(.ExitCode), error \\(.Error | tojson); events: \"" | tr -d '\n'
		api -G http://docker/v1.41/events --data-urlencode 'filters={"container":["'"$id"'"]}' -d since=0 -d "until=$(date +%s)" |
			jq -rs 'map(.Action) | join(" ")'
	}
	# The time is over before the engine has made the ports: curl ends with 28.
	! curl -sS --max-time "$seconds" --unix-socket "$release/socket" -X POST "http://docker/v1.41/containers/$id/start" 2>curl.log || {
		echo "the start was over before its client was gone" >&2
		exit 1
	}
	for _ in $(seq 120); do # neither running nor failed: the start still goes on
		[ "$(api "http://docker/v1.41/containers/$id/json" | jq '.State | .Running or .Error != ""')" = false ] || break
		sleep 0.5
	done
	sleep 5 # for what might still come, such as the restart policy
	state "client gone after $seconds seconds"
	if [ "$release" = trixie ]; then
		api -X POST "http://docker/v1.41/containers/$id/start"
		sleep 1
		state "started again"
	fi
	stop
}

try bookworm 20.10.24+dfsg1 0.2 >got
try trixie 26.1.5+dfsg1 0.2 >>got
want='20.10.24+dfsg1: client gone after 0.2 seconds: running, exit code 0, error ""; events: create start
26.1.5+dfsg1: client gone after 0.2 seconds: created, exit code 128, error "context canceled"; events: create
26.1.5+dfsg1: started again: running, exit code 0, error ""; events: create start'
cat got
[ "$(cat got)" = "$want" ] || { printf 'CHANGED; on 2026-11-30 it was:\n%s\n' "$want" >&2; exit 1; }
