package hosts

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/hosts"
)

// testFullDisk: a server whose disk is full ends and says why; the others go on, and nothing that
// was acknowledged is lost. Once there is room on the disk it starts again.
func testFullDisk(t *testing.T, w *harness) {
	calls := record(t, w, 2)
	for _, full := range []serverFault{
		{name: "the leader's disk is full", happen: fill},
		{name: "a follower's disk is full", happen: fill, follower: true},
	} {
		leader, follower, err := w.Leader(w.ctx)
		if err != nil {
			t.Fatal(err)
		}
		hit, other := leader, follower
		if full.follower {
			hit, other = follower, leader
		}
		if err := full.happen(hit); err != nil {
			t.Fatal(err)
		}
		if err := hit.Await(patience); err == nil || !hit.Ended() {
			t.Fatalf("%s: the server goes on, or ends as if all were well: %v", full.name, err)
		}
		w.says(t, hit, "no space left on device", "free some")
		w.await(t, "the others go on", func() error { return w.write(other) })
		if err := hit.Start(); err != nil {
			t.Fatal(err)
		}
		if err := hit.Await(patience); err == nil || !hit.Ended() {
			t.Fatalf("%s: the server starts on a full disk: %v", full.name, err)
		}
		if err := testutil.EmptyDisk(hit.Data); err != nil {
			t.Fatal(err)
		}
		w.mend(t)
	}
	calls.finish(t)
}

// fill uses up a server's disk.
func fill(s *hosts.Server) error { return testutil.FillDisk(s.Data, 0) }

// testNoRoom: a follower has room for its log, but not for the snapshot that its leader sends.
func testNoRoom(t *testing.T, w *harness) {
	const room, large = 1 << 20, 60 << 10
	for range 2 * room / large {
		w.register(t, "large", strings.Repeat("x", large))
	}
	saved := filepath.Join(t.TempDir(), "saved.snap")
	leader, follower, err := w.Leader(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := leader.Gantry("snapshot", "save", saved); err != nil {
		t.Fatal(err)
	}
	if err := testutil.FillDisk(follower.Data, room); err != nil {
		t.Fatal(err)
	}
	if _, err := leader.Gantry("snapshot", "restore", saved, "--yes"); err != nil {
		t.Fatal(err)
	}
	if err := follower.Await(patience); err == nil || !follower.Ended() {
		t.Fatalf("a follower whose disk has no room for a snapshot goes on, or ends as if all were well: %v", err)
	}
	w.says(t, follower, "keep a snapshot of the state: ", "no space left on device", "free some")
	w.await(t, "the others go on", func() error { return w.write(leader) })
	if err := testutil.EmptyDisk(follower.Data); err != nil {
		t.Fatal(err)
	}
	w.mend(t) // it votes, and autopilot lets only those vote that have caught up
	if left, err := filepath.Glob(filepath.Join(follower.Data, "server/snapshots/*.tmp")); err != nil || len(left) > 0 {
		t.Errorf("of the snapshot that found no room there is %v left: %v", left, err)
	}
}

// testHungDisk: a server whose disk hangs ends like one whose disk is full, so that the others go
// on, though the kernel keeps its process until the disk works again. Nobody can connect to what is
// left of it. A server that is started on such a disk says so.
func testHungDisk(t *testing.T, w *harness) {
	calls := record(t, w, 3)
	for _, of := range []string{"leader", "follower"} {
		leader, follower, err := w.Leader(w.ctx)
		if err != nil {
			t.Fatal(err)
		}
		hit, other := leader, follower
		if of == "follower" {
			hit, other = follower, leader
		}
		if err := hit.HangDisk(); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		w.await(t, "the others go on", func() error { return w.write(other) })
		t.Logf("the disk of the %s hangs: a write through another server after %.1f s", of, time.Since(began).Seconds())
		w.endsOnHungDisk(t, hit)
		if c, err := net.Dial("tcp", strings.TrimPrefix(hit.URL(), "https://")); err == nil {
			c.Close()
			t.Errorf("%s, the %s: what is left of the server lets callers in", hit.Host.Name, of)
		}
		w.thaws(t, hit)

		if err := hit.HangDisk(); err != nil {
			t.Fatal(err)
		}
		if err := hit.Start(); err != nil {
			t.Fatal(err)
		}
		w.endsOnHungDisk(t, hit)
		w.thaws(t, hit)
		w.mend(t)
	}
	calls.finish(t)
}

// endsOnHungDisk waits for the last words of a server whose disk hangs.
func (w *harness) endsOnHungDisk(t *testing.T, s *hosts.Server) {
	t.Helper()
	w.await(t, "the server gives up", func() error {
		if !strings.Contains(s.Said(), lastWords) {
			return errors.New("it goes on")
		}
		return nil
	})
	w.says(t, s, "the disk of data directory "+s.Data+" hangs (", "or replace it")
}

// thaws lets the disk go on and checks that the server ends with an error.
func (w *harness) thaws(t *testing.T, s *hosts.Server) {
	t.Helper()
	if err := s.MendDisk(); err != nil {
		t.Fatal(err)
	}
	if err := s.Await(patience); err == nil || !s.Ended() {
		t.Fatalf("a server whose disk hung goes on, or ends as if all were well: %v", err)
	}
}

// says checks that a server printed these words.
func (w *harness) says(t *testing.T, s *hosts.Server, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(s.Said(), word) {
			t.Errorf("%s does not say %q:\n%s", s.Host.Name, word, tail(s.Said(), 10))
		}
	}
}

// tail returns the last lines of a text.
func tail(text string, n int) string {
	lines := strings.SplitAfter(text, "\n")
	return strings.Join(lines[max(0, len(lines)-n-1):], "")
}

// testDamage: a server whose log or snapshot is damaged does not start, and says what is wrong and
// what to do. With an empty data directory it joins again.
func testDamage(t *testing.T, w *harness) {
	_, follower, err := w.Leader(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
	w.refuses(t, follower, "raft.db", "is damaged")
	w.rejoins(t, follower)

	// A restored snapshot makes raft keep one on each server.
	saved := filepath.Join(t.TempDir(), "saved.snap")
	for _, command := range [][]string{{"snapshot", "save", saved}, {"snapshot", "restore", saved, "--yes"}} {
		if _, err := follower.Gantry(command...); err != nil {
			t.Fatal(err)
		}
	}
	w.await(t, "the cluster is whole", func() error { return w.Whole(w.ctx) })
	if _, follower, err = w.Leader(w.ctx); err != nil {
		t.Fatal(err)
	}
	w.refuses(t, follower, "snapshots/*/state.bin", "the snapshot ")
	w.rejoins(t, follower)
}

// refuses damages files of a server, starts it, and checks that it refuses to start.
func (w *harness) refuses(t *testing.T, s *hosts.Server, pattern, words string) {
	t.Helper()
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(s.Data, "server", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no files %s: %v", pattern, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := len(content) / 4; i < len(content)*3/4; i++ {
			content[i] ^= 0x5a
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if err := s.Await(patience); err == nil || !s.Ended() {
		t.Fatalf("the server starts with a damaged %s: %v", pattern, err)
	}
	w.says(t, s, words, "move ")
}

// rejoins starts a server with an empty data directory.
func (w *harness) rejoins(t *testing.T, s *hosts.Server) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(s.Data, "server")); err != nil {
		t.Fatal(err)
	}
	w.mend(t) // it votes, and autopilot lets only those vote that have caught up
}
