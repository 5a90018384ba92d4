#!/usr/bin/env bash
# Podman's Docker API takes a container that asks for GPUs, in either of Docker's two ways, and starts it without them and without
# a word.
#
# Version     podman 4.3.1, runc 1.1.5 (Debian 12), by its Docker-compatible API, v1.41, as root; no GPU is needed
# Behaviour   With Docker a program asks for GPUs by HostConfig.DeviceRequests (`docker run --gpus`) or by HostConfig.Runtime
#             ("nvidia"). Where they cannot be had, Docker's engine fails: "could not select device driver". Podman answers
#             the create with 201 and no warning, and the start with 204. The container runs; inspect has DeviceRequests null, no
#             devices, and its own runtime ("oci"). The same for devices and runtimes that do not exist at all, as here. A
#             path in HostConfig.Devices that does not exist is refused.
# Why         A program that falls back to its CPU then runs a hundred times slower, and no status, event or inspect shows a
#             reason; a scheduler that counts GPUs gives them away without anyone using them. Compare what inspect answers with
#             what was asked for after the create, before the start.
# Needs       Debian 12 on amd64 with its package lists (apt-get update), root, Go, curl, jq. Nothing is installed on the
#             machine. Podman runs in namespaces of its own (mount, network, IPC).
# Seen        2026-11-30, three times:
#             all GPUs: created 201 with warnings [], started 204
#               inspect: running, DeviceRequests null, Devices [], Runtime oci
#             one GPU by its id: created 201 with warnings [], started 204
#               inspect: running, DeviceRequests null, Devices [], Runtime oci
#             the runtime nvidia: created 201 with warnings [], started 204
#               inspect: running, DeviceRequests null, Devices [], Runtime oci
#             a device by its path: created 500, container create: stat /dev/no-gpu: no such file or directory
set -euo pipefail
dir=$(mktemp -d)
cgroup=finding-$$
pid=
end() {
	if [ -n "$pid" ]; then
		kill "$pid" 2>/dev/null || true
		wait "$pid" || true
	fi
	find /sys/fs/cgroup -depth -type d -path "*/$cgroup*" -exec rmdir {} +
	rm -rf "$dir"
}
trap end EXIT
cd "$dir"

apt-get -qq -o APT::Sandbox::User=root download podman=4.3.1+ds1-8+deb12u1+b3 libsubid4=1:4.13+dfsg1-1+deb12u2 \
	libgpgme11=1.18.0-3+deb12u1 libassuan0=2.5.5-5 libdevmapper1.02.1=2:1.02.185-2 conmon=2.1.6+ds1-1 runc=1.1.5+ds1-1+deb12u1
for deb in *.deb; do dpkg -x "$deb" debian; done

# Settings of its own, and nothing in /dev/shm or /run that others see.
mkdir -p home/.config/containers
echo '{"default":[{"type":"insecureAcceptAnything"}]}' >home/.config/containers/policy.json
echo 'unqualified-search-registries = []' >registries.conf
# Podman's own default for open files is more than some machines allow.
printf '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n' >containers.conf
printf '[engine]\nlock_type = "file"\nevents_logger = "file"\ncgroup_manager = "cgroupfs"\n' >>containers.conf
cat >main.go <<'END'
package main

import "time"

func main() { time.Sleep(time.Minute) }
END
CGO_ENABLED=0 go build -o program main.go
tar -cf image.tar program
cat >serve <<'END'
set -e
mount -t tmpfs none /run
mount -t tmpfs none /dev/shm
podman="podman --root $PWD/data --runroot $PWD/state --tmpdir $PWD/tmp --storage-driver vfs"
podman="$podman --network-config-dir $PWD/networks --runtime $PWD/debian/usr/sbin/runc"
$podman import image.tar finding
exec $podman system service --time 0 "unix://$PWD/socket"
END
env PATH="$dir/debian/usr/sbin:$dir/debian/usr/bin:$PATH" LD_LIBRARY_PATH="$dir/debian/usr/lib/x86_64-linux-gnu" HOME="$dir/home" TMPDIR="$dir" \
	CONTAINERS_CONF="$dir/containers.conf" CONTAINERS_REGISTRIES_CONF="$dir/registries.conf" \
	unshare --mount --net --ipc -- sh serve >log 2>&1 &
pid=$!
api() { curl -sS --max-time 60 --unix-socket socket "$@"; }
for _ in $(seq 300); do
	! api http://podman/_ping >/dev/null 2>&1 || break
	sleep 0.2
done
[ "$(api http://podman/version | jq -r .Version)" = 4.3.1 ] || { cat log >&2; exit 1; }

# try NAME HOSTCONFIG: makes and starts a container and prints what the answers were and what inspect says of it.
try() {
	local id created started
	created=$(jq -n --arg cgroup "/$cgroup" --argjson host "$2" '{Image: "localhost/finding:latest", Cmd: ["/program"],
		HostConfig: ({NetworkMode: "none", CgroupParent: $cgroup} + $host)}' |
		api -o made -w '%{http_code}' -H 'Content-Type: application/json' -d @- http://podman/v1.41/containers/create)
	if [ "$created" != 201 ]; then
		echo "$1: created $created, $(jq -r .message made)"
		return
	fi
	id=$(jq -r .Id made)
	started=$(api -o answer -w '%{http_code}' -X POST "http://podman/v1.41/containers/$id/start")
	[ "$started" = 204 ] || cat answer >&2
	echo "$1: created $created with warnings $(jq -c .Warnings made), started $started"
	api "http://podman/v1.41/containers/$id/json" | jq -r '"  inspect: \(.State.Status), DeviceRequests \(.HostConfig.DeviceRequests), " +
		"Devices \(.HostConfig.Devices), Runtime \(.HostConfig.Runtime)"'
	api -o answer -X DELETE "http://podman/v1.41/containers/$id?force=1"
}
got=$(
	try "all GPUs" '{"DeviceRequests": [{"Driver": "nvidia", "Count": -1, "Capabilities": [["gpu"]]}]}'
	try "one GPU by its id" '{"DeviceRequests": [{"DeviceIDs": ["GPU-1"], "Capabilities": [["gpu"]]}]}'
	try "the runtime nvidia" '{"Runtime": "nvidia"}'
	try "a device by its path" '{"Devices": [{"PathOnHost": "/dev/no-gpu", "PathInContainer": "/dev/gpu", "CgroupPermissions": "rw"}]}'
)
want='all GPUs: created 201 with warnings [], started 204
  inspect: running, DeviceRequests null, Devices [], Runtime oci
one GPU by its id: created 201 with warnings [], started 204
  inspect: running, DeviceRequests null, Devices [], Runtime oci
the runtime nvidia: created 201 with warnings [], started 204
  inspect: running, DeviceRequests null, Devices [], Runtime oci
a device by its path: created 500, container create: stat /dev/no-gpu: no such file or directory'
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'CHANGED; on 2026-11-30 it was:\n%s\n' "$want" >&2; exit 1; }
