#!/usr/bin/env bash
# google/nftables: of 5,000 elements that are given to a set in one call 904 arrive, and no call returns an error.
#
# Version     github.com/google/nftables v0.3.0; kernels 6.x
# Behaviour   SetAddElements (and AddSet) put all elements into one netlink attribute, whose length is a number of 16 bits. An
#             IPv4 address takes 16 bytes, so 4,095 fit. The length of more goes around: with 5,000 the kernel is told the
#             length of 904, takes 904 and answers with success. SetAddElements and Flush both return nil. Calls of at most a
#             thousand elements each, in one Flush, give all 5,000.
#             Exactly 4,096 give the length 0 and the one error, "no such file or directory", though table and set are there.
# Why         A list that grows with a cluster works for years, and then most of its members are missing at once with nothing
#             logged. Reading the set back is the only way to see it. Longer keys (IPv6, concatenations) and maps get there
#             sooner. Fill sets in parts.
# Needs       root, Go, unshare, a kernel with nf_tables; all happens in a network namespace of its own.
# Seen        2026-11-30, three times, on Linux 6.18:
#             4095 by 4095 a call: SetAddElements <nil>, Flush <nil>, in the set: 4095
#             4096 by 4096 a call: SetAddElements <nil>, Flush conn.Receive: netlink receive: no such file or directory, in the set: 0
#             5000 by 5000 a call: SetAddElements <nil>, Flush <nil>, in the set: 904
#             5000 by 1000 a call: SetAddElements <nil>, Flush <nil>, in the set: 5000
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"

cat >go.mod <<'END'
module finding

go 1.25

require github.com/google/nftables v0.3.0
END
cat >main.go <<'END'
package main

import (
	"encoding/binary"
	"fmt"

	"github.com/google/nftables"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	conn, err := nftables.New()
	must(err)
	table := conn.AddTable(&nftables.Table{Family: nftables.TableFamilyIPv4, Name: "finding"})
	for _, row := range []struct{ all, part int }{{4095, 4095}, {4096, 4096}, {5000, 5000}, {5000, 1000}} {
		set := &nftables.Set{Table: table, Name: fmt.Sprintf("s%dby%d", row.all, row.part), KeyType: nftables.TypeIPAddr}
		must(conn.AddSet(set, nil))
		must(conn.Flush())
		var add error
		for from := 0; from < row.all; from += row.part {
			var elements []nftables.SetElement
			for i := from; i < from+row.part; i++ {
				elements = append(elements, nftables.SetElement{Key: binary.BigEndian.AppendUint32(nil, uint32(10<<24+i))})
			}
			if err := conn.SetAddElements(set, elements); err != nil {
				add = err
			}
		}
		flush := conn.Flush()
		got, err := conn.GetSetElements(set)
		must(err)
		fmt.Printf("%d by %d a call: SetAddElements %v, Flush %v, in the set: %d\n", row.all, row.part, add, flush, len(got))
	}
}
END
go mod tidy >log 2>&1 || { cat log >&2; exit 1; }
go build -o program .
want='4095 by 4095 a call: SetAddElements <nil>, Flush <nil>, in the set: 4095
4096 by 4096 a call: SetAddElements <nil>, Flush conn.Receive: netlink receive: no such file or directory, in the set: 0
5000 by 5000 a call: SetAddElements <nil>, Flush <nil>, in the set: 904
5000 by 1000 a call: SetAddElements <nil>, Flush <nil>, in the set: 5000'
got=$(unshare --net ./program)
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'CHANGED; on 2026-11-30 it was:\n%s\n' "$want" >&2; exit 1; }
