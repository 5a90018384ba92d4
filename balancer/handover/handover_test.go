package handover

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain makes the test's own program the process that holds sockets.
func TestMain(m *testing.M) {
	if dir := os.Getenv("HOLD_SOCKETS"); dir != "" {
		if err := Hold(dir, 50*time.Millisecond); err != nil {
			panic(err)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// holder begins a process that holds sockets, and returns what waits for its end.
func holder(t *testing.T, dir string) (hold func([]*os.File) error, ended func() error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "HOLD_SOCKETS="+dir)
	var output strings.Builder
	cmd.Stderr = &output
	hold = func(files []*os.File) error {
		cmd.ExtraFiles = files
		return cmd.Start()
	}
	ended = func() error {
		if err := cmd.Wait(); err != nil {
			return fmt.Errorf("%w: %s", err, &output)
		}
		return nil
	}
	return hold, ended
}

// keepSome has three sockets, tcp 0 to tcp 2, kept, and returns their addresses.
func keepSome(t *testing.T, s *Sockets) (addresses []string) {
	t.Helper()
	for i := range 3 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addresses = append(addresses, l.Addr().String())
		if err := s.Keep(fmt.Sprint("tcp ", i), l); err != nil {
			t.Fatal(err)
		}
		l.Close()
	}
	return addresses
}

// Connections that come while no process accepts are served by the next one.
func TestConnectionsWait(t *testing.T) {
	// deeper than the address of a Unix socket is long
	dir := filepath.Join(t.TempDir(), strings.Repeat("deep/", 30))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	hold, ended := holder(t, dir)
	old, err := Open(dir, hold)
	if err != nil {
		t.Fatal(err)
	}
	addresses := keepSome(t, old)
	if err := old.Hand(); err != nil {
		t.Fatal(err)
	}
	var waiting []net.Conn
	for _, a := range addresses[:2] {
		c, err := net.DialTimeout("tcp", a, 5*time.Second)
		if err != nil {
			t.Fatalf("a connection between two processes: %v", err)
		}
		defer c.Close()
		waiting = append(waiting, c)
	}
	next, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := ended(); err != nil {
		t.Error(err)
	}
	for i, c := range waiting {
		l := next.Take(fmt.Sprint("tcp ", i))
		if l == nil {
			t.Fatalf("socket %d is not there", i)
		}
		defer l.Close()
		served, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(served, "hello")
		served.Close()
		if all, err := io.ReadAll(c); string(all) != "hello" || err != nil {
			t.Errorf("the connection that waited got %q, %v", all, err)
		}
	}
	if next.Take("tcp 0") != nil || next.Take("tcp 9") != nil {
		t.Error("a socket is taken twice, or out of nothing")
	}
	next.Drop()
	if c, err := net.Dial("tcp", addresses[2]); err == nil {
		c.Close()
		t.Error("a socket that nobody took is still open")
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// If no process comes, the sockets are closed a while after the end of the one before.
func TestHoldingEnds(t *testing.T) {
	dir := t.TempDir()
	hold, ended := holder(t, dir)
	old, err := Open(dir, hold)
	if err != nil {
		t.Fatal("without a process that holds sockets: ", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(old.Keep("tcp", l), l.Close(), old.Hand()); err != nil {
		t.Fatal(err)
	}
	if c, err := net.Dial("tcp", l.Addr().String()); err != nil {
		t.Errorf("while the process before still ends its requests: %v", err)
	} else {
		c.Close()
	}
	old.alive.Close() // as the end of this process does
	if err := ended(); err != nil {
		t.Error(err)
	}
	if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
		c.Close()
		t.Error("the socket is held for ever")
	}
}
