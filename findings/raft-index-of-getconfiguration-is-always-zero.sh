#!/usr/bin/env bash
# hashicorp/raft: the Index() of what GetConfiguration returns is 0, whatever the configuration and however often it changed.
#
# Version     github.com/hashicorp/raft v1.7.3
# Behaviour   Its documentation says "the index of the latest configuration in use by Raft". The future
#             that GetConfiguration returns never has it filled in. The index is there: the future of AddNonvoter has it, and
#             GetConfiguration().Configuration() has the new peer.
# Why         Two natural uses pass every test and do nothing. "The change is committed once CommitIndex() >= Index()" holds at
#             once, so a server may go that the others still count. AddNonvoter(…, prevIndex = Index()) is meant to fail when
#             another change came first; prevIndex 0 switches that check off.
# Seen        2026-11-29, twice:
#             AddNonvoter's own index: 4
#             peers that GetConfiguration sees: 2
#             index that GetConfiguration gives: 0
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"

cat >go.mod <<'END'
module finding

go 1.25

require github.com/hashicorp/raft v1.7.3
END
cat >main.go <<'END'
package main

import (
	"fmt"
	"io"
	"time"

	"github.com/hashicorp/raft"
)

type nothing struct{}

func (nothing) Apply(*raft.Log) any                 { return nil }
func (nothing) Snapshot() (raft.FSMSnapshot, error) { return nothing{}, nil }
func (nothing) Restore(r io.ReadCloser) error       { return r.Close() }
func (nothing) Persist(s raft.SnapshotSink) error   { return s.Close() }
func (nothing) Release()                            {}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	_, transport := raft.NewInmemTransport("a")
	config := raft.DefaultConfig()
	config.LocalID, config.LogOutput = "a", io.Discard
	store, snapshots := raft.NewInmemStore(), raft.NewInmemSnapshotStore()
	must(raft.BootstrapCluster(config, store, store, snapshots, transport, raft.Configuration{
		Servers: []raft.Server{{ID: "a", Address: "a"}},
	}))
	r, err := raft.NewRaft(config, nothing{}, store, store, snapshots, transport)
	must(err)
	for r.State() != raft.Leader {
		time.Sleep(10 * time.Millisecond)
	}
	must(r.Barrier(0).Error())
	added := r.AddNonvoter("b", "b", 0, 0)
	must(added.Error())
	now := r.GetConfiguration()
	must(now.Error())
	fmt.Println("AddNonvoter's own index:", added.Index())
	fmt.Println("peers that GetConfiguration sees:", len(now.Configuration().Servers))
	fmt.Println("index that GetConfiguration gives:", now.Index())
	must(r.Shutdown().Error())
}
END
go mod tidy >/dev/null 2>&1
want="AddNonvoter's own index: 4
peers that GetConfiguration sees: 2
index that GetConfiguration gives: 0"
got=$(go run .)
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'CHANGED; on 2026-11-29 it was:\n%s\n' "$want" >&2; exit 1; }
