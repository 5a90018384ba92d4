package streams_test

import (
	"io"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/xtaci/smux"

	"github.com/gantry-project/gantry/internal/streams"
)

// pair returns both ends of a connection.
func pair(t *testing.T) (client, server *smux.Session) {
	t.Helper()
	config := smux.DefaultConfig()
	config.Version = 2
	here, there := net.Pipe()
	client, err := smux.Client(here, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	if server, err = smux.Server(there, config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return client, server
}

// TestCopyOutlivesCollections: a copy goes on though nobody else holds the stream.
func TestCopyOutlivesCollections(t *testing.T) {
	client, server := pair(t)
	copied := make(chan int64)
	go func() {
		conn, err := streams.Accept(server)
		if err != nil {
			t.Error(err)
		}
		n, _ := io.Copy(io.Discard, conn)
		copied <- n
	}()
	conn, err := streams.Open(client)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := conn.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
		runtime.GC()
		time.Sleep(20 * time.Millisecond)
	}
	conn.Close()
	if n := <-copied; n != 15 {
		t.Errorf("%d bytes arrived, want 15", n)
	}
}

// TestTwoGoroutinesWrite: with a bare stream this fails within a few thousand writes, though not in
// each run.
func TestTwoGoroutinesWrite(t *testing.T) {
	client, server := pair(t)
	var reader sync.WaitGroup
	defer reader.Wait()
	reader.Go(func() {
		conn, err := streams.Accept(server)
		if err != nil {
			t.Error(err)
			return
		}
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
