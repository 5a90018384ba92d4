#!/usr/bin/env bash
# smux, protocol version 2: a stream that two goroutines write fails with "peer consumed more than sent".
#
# Version     Go 1.26, github.com/xtaci/smux v1.5.58 and v1.5.50
# Behaviour   Stream.Write counts its bytes after the frame has been handed over, and perhaps read and confirmed by the peer. A
#             Write of another goroutine in that moment compares the peer's number with the one that is not counted yet, and
#             takes the peer for a liar. With protocol version 1 nothing is compared.
# Why         A stream is a net.Conn, and those may be written by several goroutines at a time. One after the other is enough: an
#             http.Transport writes the request in a goroutine of its own, so after an answer of 101 the first write to the body
#             fails now and then, more often on a busy machine, and looks as if the other side were broken. A mutex around
#             Write is the whole remedy.
# Seen        2026-11-30, twice:
#             v1.5.58 version 2: bare fails "peer consumed more than sent", with a mutex ok
#             v1.5.58 version 1: bare ok, with a mutex ok
#             v1.5.50 version 2: bare fails "peer consumed more than sent", with a mutex ok
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
cat >main.go <<'END'
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync"

	"github.com/xtaci/smux"
)

// outcome has four goroutines write 60,000 messages each to one stream.
func outcome(version int, lock bool) string {
	config := smux.DefaultConfig()
	config.Version = version
	here, there := net.Pipe()
	client, err := smux.Client(here, config)
	if err != nil {
		return err.Error()
	}
	defer client.Close()
	server, err := smux.Server(there, config)
	if err != nil {
		return err.Error()
	}
	defer server.Close()
	go func() {
		s, err := server.AcceptStream()
		if err != nil {
			return
		}
		defer s.Close()
		buf := make([]byte, 64<<10)
		for err == nil {
			_, err = s.Read(buf)
		}
	}()
	s, err := client.OpenStream()
	if err != nil {
		return err.Error()
	}
	var one sync.Mutex
	var writers sync.WaitGroup
	failed := make(chan error, 4)
	for range 4 {
		writers.Go(func() {
			for range 60_000 {
				if lock {
					one.Lock()
				}
				_, err := s.Write(make([]byte, 1000))
				if lock {
					one.Unlock()
				}
				if err != nil && err != io.ErrClosedPipe {
					failed <- err
					s.Close()
					return
				}
			}
		})
	}
	writers.Wait()
	select {
	case err := <-failed:
		return fmt.Sprintf("fails %q", err)
	default:
		return "ok"
	}
}

func main() {
	version, _ := strconv.Atoi(os.Args[1])
	fmt.Printf("version %d: bare %s, with a mutex %s\n", version, outcome(version, false), outcome(version, true))
}
END
# lib VERSION PROTOCOL
lib() {
	printf 'module finding\n\ngo 1.26\n\nrequire github.com/xtaci/smux %s\n' "$1" >go.mod
	rm -f go.sum
	go mod tidy >/dev/null 2>&1
	echo "$1 $(GOMAXPROCS=4 go run . "$2")"
}
want='v1.5.58 version 2: bare fails "peer consumed more than sent", with a mutex ok
v1.5.58 version 1: bare ok, with a mutex ok
v1.5.50 version 2: bare fails "peer consumed more than sent", with a mutex ok'
got=$(lib v1.5.58 2 && lib v1.5.58 1 && lib v1.5.50 2)
echo "$got"
[ "$got" = "$want" ] || { echo "it was: $want" >&2; exit 1; }
