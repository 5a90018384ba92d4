#!/usr/bin/env bash
# Unpacks the Docker Engine of a Debian release beside the machine's:  scripts/unpack-engine.sh RELEASE
#
# Prints the folder that then has the release's /usr, with all libraries that the engine needs. Nothing is installed:
# apt gets lists and packages with a state of its own, and packages are only unpacked. RELEASE is a name like trixie, or
# sid. Once unpacked it stays as it is: remove the folder for a newer build.
set -euo pipefail

release=${1:?usage: scripts/unpack-engine.sh RELEASE}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
cache=/var/cache/gantry-engines
root=$cache/$release

# apt COMMAND… is apt-get for the release alone, as if nothing were installed. It is quiet unless it fails.
apt() {
	local log=$work/apt.log
	APT_CONFIG=$work/apt.conf DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" </dev/null >"$log" 2>&1 || {
		{
			echo "Debian's Docker Engine of $release cannot be had; apt-get $* says:"
			tail -n 5 "$log"
			echo "It is downloaded from deb.debian.org, which needs Debian's apt, its keyring, and a network."
			echo "To test with the machine's engine alone: make test ENGINES="
		} >&2
		return 1
	}
}

if [ ! -e "$root/usr/sbin/dockerd" ]; then
	[ "$(id -u)" = 0 ] || {
		echo "Unpacking an engine to $root needs root." >&2
		exit 1
	}
	mkdir -p "$cache"
	work=$(mktemp -d "$cache/.$release.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	chmod 755 "$work" # apt downloads as another user
	mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/root/usr/sbin"
	touch "$work/status"
	echo "deb [signed-by=$keyring] http://deb.debian.org/debian $release main" >"$work/sources.list"
	cat >"$work/apt.conf" <<-END
		Dir::State::lists "$work/lists";
		Dir::State::status "$work/status";
		Dir::Cache "$work";
		Dir::Etc::sourcelist "$work/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		Acquire::Retries "3";
		APT::Update::Error-Mode "any";
	END
	apt update
	# Besides what it depends on, the engine calls modprobe and ps.
	apt install --no-install-recommends --download-only docker.io kmod procps
	for package in "$work"/archives/*.deb; do
		dpkg-deb --extract "$package" "$work/root"
	done
	# Up to Debian 12, packages have parts outside /usr.
	for part in bin sbin lib lib64; do
		[ ! -d "$work/root/$part" ] || cp -a "$work/root/$part" "$work/root/usr/"
	done
	# Installation would have made these links. The machine's own choice of nft or legacy holds.
	for name in iptables ip6tables; do
		ln -s "/etc/alternatives/$name" "$work/root/usr/sbin/$name"
	done
	rm -rf "$root"
	mv "$work/root" "$root"
fi
echo "$root"
