#!/usr/bin/env bash
# hashicorp/raft-boltdb: GetLog into the raft.Log that the last GetLog filled writes the new entry over the old one's bytes,
# also where somebody still has them: the reader, or raft's own LogCache.
#
# Version     github.com/hashicorp/raft-boltdb/v2 v2.3.1 with github.com/hashicorp/go-msgpack/v2 v2.1.5 and go.etcd.io/bbolt
#             v1.5.0, and github.com/hashicorp/raft v1.7.3
# Behaviour   The store decodes msgpack into the raft.Log it is given, and the decoder reuses the slice Data where the new data
#             fits. Data kept from the entry read before changes in place; where the new data is shorter, the old tail stays.
#             raft.InmemStore, behind the same interface, sets a slice of its own and leaves the old one alone. With
#             raft.LogCache before the store, a hit fills the raft.Log with the slice of the cached entry; a miss into the same
#             raft.Log then has the store write into the cache, which from then on answers the older data under the newer
#             index, with no error.
# Why         A loop with one `var entry raft.Log` before it is the common way to read a log, and is right when tested with
#             InmemStore. raft itself makes a raft.Log for every GetLog, so it never shows there; but with the cache a tool or
#             an inspection handler with such a loop alters what raft sends to a follower, or applies, while the file is
#             right. Declare the entry inside the loop, or have a wrapped store read into one of its own.
# Seen        2026-11-29, three times:
#             InmemStore: kept of entry 1 after reading 2 and 3: "first" "first"
#             BoltStore: kept of entry 1 after reading 2 and 3: "other" "tinyr"
#             BoltStore, a raft.Log for each: kept of entry 1 after reading 2 and 3: "first" "first"
#             LogCache over BoltStore: entry 5 is "newer"; after reading 5 and 2 into one raft.Log, entry 5 is "other" (index 5); in the file it is "newer"
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"

cat >go.mod <<'END'
module finding

go 1.25

require (
	github.com/hashicorp/go-msgpack/v2 v2.1.5
	github.com/hashicorp/raft v1.7.3
	github.com/hashicorp/raft-boltdb/v2 v2.3.1
	go.etcd.io/bbolt v1.5.0
)
END
cat >main.go <<'END'
package main

import (
	"fmt"

	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
	_ "github.com/hashicorp/go-msgpack/v2/codec" // the version in go.mod
	_ "go.etcd.io/bbolt"                         // the version in go.mod
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func get(s raft.LogStore, index uint64, into *raft.Log) *raft.Log {
	must(s.GetLog(index, into))
	return into
}

// keep reads entries 1 to 3, and tells what the data of the first has become after each of the others.
func keep(what string, s raft.LogStore, next func() *raft.Log) {
	kept := get(s, 1, next()).Data
	get(s, 2, next())
	second := string(kept)
	get(s, 3, next())
	fmt.Printf("%s: kept of entry 1 after reading 2 and 3: %q %q\n", what, second, string(kept))
}

func one() func() *raft.Log {
	var l raft.Log
	return func() *raft.Log { return &l }
}

func main() {
	// Entries of their own for each store, as one in memory shares its callers' bytes.
	entries := func() (logs []*raft.Log) {
		for i, data := range []string{"first", "other", "tiny"} {
			logs = append(logs, &raft.Log{Index: uint64(i + 1), Term: 1, Data: []byte(data)})
		}
		return logs
	}
	memory := raft.NewInmemStore()
	must(memory.StoreLogs(entries()))
	bolt, err := raftboltdb.New(raftboltdb.Options{Path: "log.db"})
	must(err)
	must(bolt.StoreLogs(entries()))

	keep("InmemStore", memory, one())
	keep("BoltStore", bolt, one())
	keep("BoltStore, a raft.Log for each", bolt, func() *raft.Log { return new(raft.Log) })

	cache, err := raft.NewLogCache(2, bolt) // 4 and 5 stay in it
	must(err)
	must(cache.StoreLogs([]*raft.Log{{Index: 4, Term: 1, Data: []byte("fresh")}, {Index: 5, Term: 1, Data: []byte("newer")}}))
	before := string(get(cache, 5, new(raft.Log)).Data)
	var entry raft.Log
	get(cache, 5, &entry)
	get(cache, 2, &entry)
	after := get(cache, 5, new(raft.Log))
	fmt.Printf("LogCache over BoltStore: entry 5 is %q; after reading 5 and 2 into one raft.Log, entry 5 is %q (index %d); in the file it is %q\n",
		before, string(after.Data), after.Index, string(get(bolt, 5, new(raft.Log)).Data))
	must(bolt.Close())
}
END
go mod tidy >/dev/null 2>&1
want='InmemStore: kept of entry 1 after reading 2 and 3: "first" "first"
BoltStore: kept of entry 1 after reading 2 and 3: "other" "tinyr"
BoltStore, a raft.Log for each: kept of entry 1 after reading 2 and 3: "first" "first"
LogCache over BoltStore: entry 5 is "newer"; after reading 5 and 2 into one raft.Log, entry 5 is "other" (index 5); in the file it is "newer"'
got=$(go run .)
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'CHANGED; on 2026-11-29 it was:\n%s\n' "$want" >&2; exit 1; }
