#!/usr/bin/env bash
# Fails when a generated file differs from what its generator writes now. Leaves the tree as it is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
go run ./aws/gen -root "$fresh"

list() { (cd "$1" && find . -name '*.gen.go' | sort); }
if ! diff <(list .) <(list "$fresh") >&2; then
	echo "The list of generated files differs from what aws/gen writes: run 'make generate'." >&2
	exit 1
fi
status=0
for file in $(list "$fresh"); do
	cmp --silent "$file" "$fresh/$file" || {
		diff -u "$file" "$fresh/$file" | head -n 20 >&2 || true
		echo "$file is not up to date: run 'make generate'." >&2
		status=1
	}
done
exit "$status"
