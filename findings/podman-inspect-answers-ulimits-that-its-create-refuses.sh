#!/usr/bin/env bash
# Podman's Docker API: who makes a container again from its own inspect is refused, for inspect names ulimits in a way that
# create does not take. And every container has ulimits there, also one that was made without any.
#
# Version     podman 4.3.1 (Debian 12), by its Docker-compatible API, v1.41, as root
# Behaviour   A container made with the ulimit nofile is answered by GET /containers/ID/json with HostConfig.Ulimits that are
#             named RLIMIT_NOFILE, and RLIMIT_NPROC, which nobody asked for; one made without ulimits has both, with Podman's
#             own values. POST /containers/create with that very list is refused with the status 500. It is taken when the
#             names are written Docker's way: nofile, nproc.
# Why         Docker's engine answers the names that it was given, and none where none was given; so clients make a container
#             again (with another image, or one setting changed) from the HostConfig that inspect answers. With Podman that
#             fails for every container. Mending just the names passes, and fixes Podman's defaults as if the user had
#             chosen them; a client has to keep for itself which limits were asked for.
# Needs       Debian 12 on amd64 with its package lists (apt-get update), root, curl, jq. Nothing is installed on the machine,
#             and no container is started. Podman runs in namespaces of its own (mount, network, IPC).
# Seen        2026-11-29, three times:
#             made with nofile 1000:2000: 201
#             inspect: RLIMIT_NOFILE=1000:2000, and of the names RLIMIT_NOFILE RLIMIT_NPROC
#             made without ulimits: 201
#             inspect: the names RLIMIT_NOFILE RLIMIT_NPROC
#             made again with what inspect answered: 500
#             fill out specgen: ulimit option "RLIMIT_NOFILE=1000:2000" requires name=SOFT:HARD, failed to be parsed: invalid ulimit type: RLIMIT_NOFILE
#             made again with the names in Docker's way: 201
set -euo pipefail
dir=$(mktemp -d)
pid=
end() {
	if [ -n "$pid" ]; then
		kill "$pid" 2>/dev/null || true
		wait "$pid" || true
	fi
	rm -rf "$dir"
}
trap end EXIT
cd "$dir"

apt-get -qq -o APT::Sandbox::User=root download podman=4.3.1+ds1-8+deb12u1+b3 libsubid4=1:4.13+dfsg1-1+deb12u2 libgpgme11=1.18.0-3+deb12u1 \
	libassuan0=2.5.5-5 libdevmapper1.02.1=2:1.02.185-2 conmon=2.1.6+ds1-1 crun=1.8.1-1+deb12u1
for deb in *.deb; do dpkg -x "$deb" debian; done

# Settings of its own, and nothing in /dev/shm or /run that others see.
mkdir -p home/.config/containers
echo '{"default":[{"type":"insecureAcceptAnything"}]}' >home/.config/containers/policy.json
echo 'unqualified-search-registries = []' >registries.conf
printf '[engine]\nlock_type = "file"\nevents_logger = "file"\ncgroup_manager = "cgroupfs"\n' >containers.conf
echo hello >hello
tar -cf image.tar hello
cat >serve <<'END'
set -e
mount -t tmpfs none /run
mount -t tmpfs none /dev/shm
podman="podman --root $PWD/data --runroot $PWD/state --tmpdir $PWD/tmp --storage-driver vfs --network-config-dir $PWD/networks"
$podman import image.tar finding
exec $podman system service --time 0 "unix://$PWD/socket"
END
env PATH="$dir/debian/usr/bin:$PATH" LD_LIBRARY_PATH="$dir/debian/usr/lib/x86_64-linux-gnu" HOME="$dir/home" TMPDIR="$dir" \
	CONTAINERS_CONF="$dir/containers.conf" CONTAINERS_REGISTRIES_CONF="$dir/registries.conf" \
	unshare --mount --net --ipc -- sh serve >log 2>&1 &
pid=$!
api() { curl -sS --max-time 60 --unix-socket socket "$@"; }
for _ in $(seq 300); do
	! api http://podman/_ping >/dev/null 2>&1 || break
	sleep 0.2
done
[ "$(api http://podman/version | jq -r .Version)" = 4.3.1 ] || { cat log >&2; exit 1; }

# create ULIMITS [FIELD]: makes a container, leaves the answer in ./made, and prints the status.
create() {
	jq -n --argjson ulimits "$1" '{Image: "localhost/finding:latest", Cmd: ["/hello"], HostConfig: {Ulimits: $ulimits}}' |
		api -o made -w '%{http_code}' -H 'Content-Type: application/json' -d @- http://podman/v1.41/containers/create
}
ulimits() { api "http://podman/v1.41/containers/$(jq -r .Id made)/json" | jq -c .HostConfig.Ulimits; }
names() { jq -r 'map(.Name) | sort | join(" ")'; }

got=$(
	echo "made with nofile 1000:2000: $(create '[{"Name": "nofile", "Soft": 1000, "Hard": 2000}]')"
	own=$(ulimits)
	echo "inspect: $(jq -r '.[] | select(.Soft == 1000) | "\(.Name)=\(.Soft):\(.Hard)"' <<<"$own"), and of the names $(names <<<"$own")"
	echo "made without ulimits: $(create null)"
	echo "inspect: the names $(ulimits | names)"
	echo "made again with what inspect answered: $(create "$own")"
	jq -r .message made
	echo "made again with the names in Docker's way: $(create "$(jq -c 'map(.Name |= (ltrimstr("RLIMIT_") | ascii_downcase))' <<<"$own")")"
)
want='made with nofile 1000:2000: 201
inspect: RLIMIT_NOFILE=1000:2000, and of the names RLIMIT_NOFILE RLIMIT_NPROC
made without ulimits: 201
inspect: the names RLIMIT_NOFILE RLIMIT_NPROC
made again with what inspect answered: 500
fill out specgen: ulimit option "RLIMIT_NOFILE=1000:2000" requires name=SOFT:HARD, failed to be parsed: invalid ulimit type: RLIMIT_NOFILE
made again with the names in Docker'\''s way: 201'
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'CHANGED; on 2026-11-29 it was:\n%s\n' "$want" >&2; exit 1; }
