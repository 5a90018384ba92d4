#!/usr/bin/env bash
# Makes sure that tools are there:  scripts/need.sh [make] [cc] [engine] [aws] [python] [net]
#
# A machine that has what is asked for is left as it is. What is missing is named first and then installed with apt.
# Tools are judged by running them: a name on the PATH may be a broken shim, a docker CLI may have no dockerd beside it.
#
# Sourced, it gives the function `need`, which also exports AWS: the aws CLI that works.

# engine_answers says whether a Docker Engine answers the docker CLI (at DOCKER_HOST, where that is set).
engine_answers() {
	timeout 20 docker version --format '{{.Server.Version}}' >/dev/null 2>&1
}

# has_engine: an engine answers, or one can be started here.
has_engine() {
	engine_answers || { docker --version && dockerd --version; } >/dev/null 2>&1
}

has_make() {
	make --version >/dev/null 2>&1
}

# has_cc: a C compiler that can link (the race detector needs one), with the C library's headers.
has_cc() {
	local out rc=0
	out=$(mktemp)
	printf '#include <stdlib.h>\nint main(void) { return 0; }\n' | "${CC:-gcc}" -x c -o "$out" - >/dev/null 2>&1 || rc=$?
	rm -f "$out"
	return "$rc"
}

# has_aws finds an aws CLI that works and exports it as AWS.
has_aws() {
	local aws
	for aws in ${AWS:+"$AWS"} aws /usr/bin/aws; do
		if "$aws" --version >/dev/null 2>&1; then
			export AWS=$aws
			return 0
		fi
	done
	return 1
}

has_python() {
	python3 --version >/dev/null 2>&1
}

# has_net: hosts can be made of network namespaces.
has_net() {
	{ ip -V && tc -V && iptables --version && nsenter --version && mkfs.ext4 -V; } >/dev/null 2>&1
}

# packages prints the Debian packages that bring a tool.
packages() {
	case $1 in
	make) echo make ;;
	cc) echo gcc libc6-dev ;;
	aws) echo awscli ;;
	python) echo python3 ;;
	net) echo iproute2 iptables util-linux e2fsprogs ;;
	engine)
		# From Debian 13 on, the docker command has a package of its own.
		if apt-cache show docker-cli >/dev/null 2>&1; then echo docker.io docker-cli; else echo docker.io; fi
		;;
	*)
		echo "need: unknown tool $1" >&2
		return 2
		;;
	esac
}

# need TOOL…: see the top of the file.
need() {
	PATH=$PATH:/usr/sbin:/sbin # dockerd is not on every user's PATH
	local tool missing=()
	for tool in "$@"; do
		"has_$tool" || missing+=("$tool")
	done
	[ ${#missing[@]} -gt 0 ] || return 0

	if [[ " ${missing[*]} " == *" engine "* && -n ${DOCKER_HOST:-} ]]; then
		echo "No Docker Engine answers at DOCKER_HOST=$DOCKER_HOST. Start it, or unset DOCKER_HOST." >&2
		return 1
	fi
	if ! apt-get --version >/dev/null 2>&1; then
		echo "Missing: ${missing[*]}. They are installed by themselves only on Debian and Ubuntu (with apt-get):" >&2
		echo "install them the way of this system, and run this again." >&2
		return 1
	fi
	if [ "$(id -u)" != 0 ]; then
		echo "Missing: ${missing[*]}. Installing them needs root; run this, then try again:" >&2
		echo "  sudo apt-get update && sudo apt-get install --no-install-recommends $(list_packages "${missing[@]}")" >&2
		return 1
	fi

	echo "Missing: ${missing[*]}. Installing with apt."
	apt_get update || return 1 # before the list is made: a fresh machine knows no packages
	echo "Installing: $(list_packages "${missing[@]}")"
	# --no-remove: another vendor's Docker packages are never thrown out.
	# shellcheck disable=SC2046
	apt_get install --no-install-recommends --no-remove $(list_packages "${missing[@]}") || return 1

	for tool in "${missing[@]}"; do
		"has_$tool" || {
			echo "$tool does not work even after installing: $(packages "$tool")" >&2
			return 1
		}
	done
}

list_packages() {
	local tool list=()
	for tool in "$@"; do
		list+=("$(packages "$tool")")
	done
	echo "${list[*]}"
}

# apt_get is quiet unless it fails. It waits for another apt that is at work.
apt_get() {
	local log rc=0
	log=$(mktemp)
	DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" </dev/null >"$log" 2>&1 || rc=$?
	[ "$rc" = 0 ] || { echo "apt-get $* failed:"; tail -n 20 "$log"; } >&2
	rm -f "$log"
	return "$rc"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	set -euo pipefail
	need "$@"
fi
