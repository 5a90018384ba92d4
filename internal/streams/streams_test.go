package streams_test

import (
	"io"
	"net"
	"sync"
	"testing"

	"github.com/xtaci/smux"

	"github.com/gantry-project/gantry/internal/streams"
)

// TestTwoGoroutinesWrite: with a bare stream this fails within a few thousand writes, though not in
// each run.
func TestTwoGoroutinesWrite(t *testing.T) {
	config := smux.DefaultConfig()
	config.Version = 2
	here, there := net.Pipe()
	client, err := smux.Client(here, config)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := smux.Server(there, config)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	var reader sync.WaitGroup
	defer reader.Wait()
	reader.Go(func() {
		conn, err := streams.Accept(server)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close() // also keeps it: smux closes a stream that nobody holds
		_, _ = io.Copy(io.Discard, conn)
	})
	conn, err := streams.Open(client)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for range 20_000 {
				if _, err := conn.Write(make([]byte, 1000)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
}
