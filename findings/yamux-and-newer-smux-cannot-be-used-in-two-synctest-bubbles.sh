#!/usr/bin/env bash
# yamux, and smux from 1.5.55 on: the second test under fake time (testing/synctest) of a process ends the whole process.
#
# Version     Go 1.26, github.com/hashicorp/yamux v0.1.2, github.com/xtaci/smux v1.5.55 and v1.5.50
# Behaviour   yamux keeps timers, and smux 1.5.55 channels, in a pool of the process. What a first bubble put back is used by a
#             second one, and the runtime ends the program: a channel of one bubble may not be used in another. A test alone
#             passes. smux 1.5.50 has no such pool.
# Why         Tests pass one by one and fail in a package, at a place that has nothing to do with the test that is running.
#             Libraries with a pool of timers or channels cannot be tested under fake time; which one has such a pool changes
#             from one minor version to the next.
# Seen        2026-11-30, twice:
#             yamux v0.1.2: one bubble ok, two bubbles ended by the runtime
#             smux v1.5.55: one bubble ok, two bubbles ended by the runtime
#             smux v1.5.50: one bubble ok, two bubbles ok
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"

# lib NAME MODULE VERSION ACCEPT OPEN CLIENT SERVER
lib() {
	mkdir "$1" && cd "$1"
	printf 'module finding\n\ngo 1.26\n\nrequire %s %s\n' "$2" "$3" >go.mod
	cat >pool_test.go <<END
package finding

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	mux "$2"
)

func talk(t *testing.T) {
	a, b := net.Pipe()
	client, err := mux.Client(a, nil)
	if err != nil {
		t.Fatal(err)
	}
	server, err := mux.Server(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s, err := server.AcceptStream()
		if err != nil {
			return
		}
		_, _ = io.ReadFull(s, make([]byte, 5))
		_, _ = s.Write([]byte("hello"))
		_ = s.Close()
	}()
	s, err := client.OpenStream()
	if err != nil {
		t.Fatal(err)
	}
	_, _ = s.Write([]byte("hello"))
	_, _ = io.ReadFull(s, make([]byte, 5))
	<-done
	_ = s.Close()
	time.Sleep(time.Second)
	_, _ = client.Close(), server.Close()
	time.Sleep(10 * time.Minute)
}

func TestOne(t *testing.T) { synctest.Test(t, talk) }
func TestTwo(t *testing.T) { synctest.Test(t, talk) }
END
	go mod tidy >/dev/null 2>&1
	one=ok two=ok
	GOMAXPROCS=1 go test -count 1 -run TestOne . >/dev/null 2>&1 || one="not ok"
	if ! GOMAXPROCS=1 go test -count 1 . >out 2>&1; then
		two="not ok"
		! grep -q 'synctest' out || two="ended by the runtime"
	fi
	echo "$1 $3: one bubble $one, two bubbles $two"
	cd ..
}

want="yamux v0.1.2: one bubble ok, two bubbles ended by the runtime
smux v1.5.55: one bubble ok, two bubbles ended by the runtime
smux v1.5.50: one bubble ok, two bubbles ok"
got=$(lib yamux github.com/hashicorp/yamux v0.1.2
	lib smux github.com/xtaci/smux v1.5.55
	rm -rf smux && lib smux github.com/xtaci/smux v1.5.50)
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'CHANGED; on 2026-11-30 it was:\n%s\n' "$want" >&2; exit 1; }
