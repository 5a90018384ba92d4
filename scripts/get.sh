#!/usr/bin/env bash
# GETs a page with bash alone, for machines without curl:  scripts/get.sh http://HOST:PORT/PATH
# Prints the body. Ends with 1 when nobody answers in time or the answer is not a 2xx.
set -euo pipefail

[[ ${1:-} =~ ^http://([^/:]+):([0-9]+)(/.*)?$ ]] || {
	echo "usage: $0 http://HOST:PORT/PATH" >&2
	exit 2
}
host=${BASH_REMATCH[1]} port=${BASH_REMATCH[2]} path=${BASH_REMATCH[3]:-/}

{ exec 3<>"/dev/tcp/$host/$port"; } 2>/dev/null || {
	echo "nothing listens on $host:$port" >&2
	exit 1
}
# HTTP/1.0: the server closes the connection after the body, which is never chunked.
printf 'GET %s HTTP/1.0\r\nHost: %s:%s\r\n\r\n' "$path" "$host" "$port" >&3
answer=$(timeout 10 cat <&3) || {
	echo "$host:$port did not answer in time" >&2
	exit 1
}
printf '%s\n' "${answer#*$'\r\n\r\n'}"
[[ $answer =~ ^HTTP/1\.[01]\ 2 ]]
