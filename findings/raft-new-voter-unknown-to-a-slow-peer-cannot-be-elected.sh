#!/usr/bin/env bash
# hashicorp/raft: two of three voters are up and connected, and no leader is ever elected, because the one with the older log
# has not heard that the other became a voter.
#
# Version     github.com/hashicorp/raft v1.7.3
# Behaviour   A leader of {a, b} adds the voter d while b is slow. The change is committed by the leader and d, a majority of
#             {a, b, d}. Then the leader dies. b and d are a majority and have every committed entry, but d cannot win: b
#             refuses a candidate that its own configuration does not name ("node is not in configuration"), with pre-vote
#             or without. b cannot win either, for its log is behind.
# Why         The paper (Ongaro, dissertation §4.1) has servers answer a candidate whatever their own configuration says, for
#             just this case. Who trusts "a majority is enough" grows a cluster from two to three, or from four to five, loses
#             one server within that moment, and waits for ever; only a recovery by hand ends it.
# Seen        2026-11-29, twice:
#             AddVoter committed without the slow peer: true
#             leader within 15 s: false
#             slow peer refused the new voter as unknown: true
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
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
)

type nothing struct{}

func (nothing) Apply(*raft.Log) any                      { return nil }
func (nothing) Snapshot() (raft.FSMSnapshot, error)      { return nothing{}, nil }
func (nothing) Restore(r io.ReadCloser) error            { return r.Close() }
func (nothing) Persist(s raft.SnapshotSink) error        { return s.Close() }
func (nothing) Release()                                 {}

type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.b.Write(p) }
func (l *log) has(s string) int             { l.mu.Lock(); defer l.mu.Unlock(); return strings.Count(l.b.String(), s) }

type peer struct {
	*raft.Raft
	name  raft.ServerID
	store *raft.InmemStore
	at    *raft.InmemTransport
	log   log
}

func start(name string, voters ...string) *peer {
	_, at := raft.NewInmemTransport(raft.ServerAddress(name))
	p := &peer{name: raft.ServerID(name), store: raft.NewInmemStore(), at: at}
	c := raft.DefaultConfig()
	c.LocalID = p.name
	c.HeartbeatTimeout, c.ElectionTimeout, c.LeaderLeaseTimeout = 500*time.Millisecond, 500*time.Millisecond, 500*time.Millisecond
	c.Logger = hclog.New(&hclog.LoggerOptions{Output: &p.log, Level: hclog.Debug})
	snaps := raft.NewInmemSnapshotStore()
	if len(voters) > 0 {
		var conf raft.Configuration
		for _, v := range voters {
			conf.Servers = append(conf.Servers, raft.Server{ID: raft.ServerID(v), Address: raft.ServerAddress(v)})
		}
		must(raft.BootstrapCluster(c, p.store, p.store, snaps, at, conf))
	}
	r, err := raft.NewRaft(c, nothing{}, p.store, p.store, snaps, at)
	must(err)
	p.Raft = r
	return p
}

func link(a, b *peer) {
	a.at.Connect(b.at.LocalAddr(), b.at)
	b.at.Connect(a.at.LocalAddr(), a.at)
}

func cut(a, b *peer) {
	a.at.Disconnect(b.at.LocalAddr())
	b.at.Disconnect(a.at.LocalAddr())
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func await(what string, ok func() bool) {
	for range 1000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	fmt.Println("never:", what)
	os.Exit(1)
}

func main() {
	a, b, d := start("a", "a", "b"), start("b", "a", "b"), start("d")
	link(a, b)
	link(a, d)
	await("a leader of two", func() bool { return a.State() == raft.Leader || b.State() == raft.Leader })
	leader, slow := a, b
	if b.State() == raft.Leader {
		leader, slow = b, a
		cut(a, d)
		link(b, d)
	}
	must(leader.Apply([]byte("x"), time.Second).Error())
	cut(leader, slow)
	must(leader.AddVoter("d", "d", 0, 2*time.Second).Error())
	fmt.Println("AddVoter committed without the slow peer: true")
	cut(leader, d)
	must(leader.Shutdown().Error())
	link(slow, d)
	deadline := time.Now().Add(15 * time.Second)
	elected := false
	for time.Now().Before(deadline) && !elected {
		elected = slow.State() == raft.Leader || d.State() == raft.Leader
		time.Sleep(20 * time.Millisecond)
	}
	fmt.Println("leader within 15 s:", elected)
	fmt.Println("slow peer refused the new voter as unknown:", slow.log.has("not in configuration") > 0)
}
END
go mod tidy >/dev/null 2>&1
want='AddVoter committed without the slow peer: true
leader within 15 s: false
slow peer refused the new voter as unknown: true'
got=$(go run .)
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'CHANGED; on 2026-11-29 it was:\n%s\n' "$want" >&2; exit 1; }
