package server_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/server"
)

// start opens a server on a directory and waits until it leads.
func start(t *testing.T, dir string) *server.Server {
	t.Helper()
	s, err := open(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); s.Ready() != nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(s.Ready())
		}
	}
	return s
}

func open(t *testing.T, dir string) (*server.Server, error) {
	return server.New(server.Config{ID: "one", DataDir: dir, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
}

func stop(t *testing.T, s *server.Server) {
	t.Helper()
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
}

// Two processes must never write one log.
func TestDirectoryInUse(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	if _, err := open(t, dir); err == nil || !strings.Contains(err.Error(), dir) ||
		!strings.Contains(err.Error(), "in use") {
		t.Errorf("a second server on the directory: %v", err)
	}
	stop(t, s)
	stop(t, start(t, dir)) // free again
}

// A log that is cut off or overwritten is refused with an error that says what to do, and left as
// it is.
func TestDamagedLog(t *testing.T) {
	whole := t.TempDir()
	s := start(t, whole)
	for range 200 {
		register(t, s.Control())
	}
	stop(t, s)
	raw, err := os.ReadFile(filepath.Join(whole, "server", "raft.db"))
	if err != nil {
		t.Fatal(err)
	}
	overwritten := append([]byte(nil), raw...)
	copy(overwritten[len(raw)/4:], strings.Repeat("x", len(raw)/2))
	for name, damaged := range map[string][]byte{
		"cut in half": raw[:len(raw)/2],
		"cut to one":  raw[:1],
		"overwritten": overwritten,
		"no log":      []byte(strings.Repeat("not a log ", 5000)),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "server", "raft.db")
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := open(t, dir)
			if err == nil {
				stop(t, s)
				t.Fatal("a damaged log was taken")
			}
			if !strings.Contains(err.Error(), "damaged") || !strings.Contains(err.Error(), path) {
				t.Errorf("the error does not say what is damaged: %v", err)
			}
		})
	}
}
