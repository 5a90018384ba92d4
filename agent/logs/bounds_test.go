package logs

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// writeMany writes numbered lines of 1 KiB.
func (c *fakeContainer) writeMany(t *testing.T, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		c.write(t, "stdout", fmt.Sprintf("%08d %s\n", n, strings.Repeat("x", 1014)))
	}
}

// caughtUp waits until everything is kept.
func (h *harness) caughtUp(c *fakeContainer) {
	h.Helper()
	if f := h.logs.follower(c.state.ID); f != nil && !f.caughtUp(h.Context()) {
		h.Fatal("not everything could be kept")
	}
}

// diskUsed returns the bytes of all files below a directory.
func diskUsed(t *testing.T, dir string) (sum int64) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			sum += info.Size()
		}
	}
	return sum
}

// A container, a task and the instance keep no more than they may, the newest of it, and say how
// many lines were removed.
func TestBounds(t *testing.T) {
	h := newHarness(t, Config{Container: 6 << 20, Task: 9 << 20, Instance: 12 << 20})
	one := h.run("t1", "one", nil)
	one.writeMany(t, 0, 10000)
	h.caughtUp(one)
	got := h.Events(structs.LogQuery{})
	if used := diskUsed(t, h.dir); used > 6<<20 || used < 4<<20 {
		t.Errorf("a container has %d bytes", used)
	}
	s := h.Streams(structs.LogQuery{})[0]
	if s.Removed+int64(len(got)) != 10000 || !strings.HasPrefix(got[len(got)-1].Message, "00009999") || s.Removed == 0 {
		t.Errorf("%d events are there and %d lines were removed; the last event is %.10q", len(got), s.Removed, got[len(got)-1].Message)
	}
	two := h.run("t1", "two", nil)
	two.writeMany(t, 0, 6000)
	h.caughtUp(two)
	if used := diskUsed(t, h.dir); used > 9<<20 || used < 7<<20 {
		t.Errorf("a task has %d bytes", used)
	}
	three := h.run("t2", "one", nil)
	three.writeMany(t, 0, 6000)
	h.caughtUp(three)
	if used := diskUsed(t, h.dir); used > 12<<20 || used < 10<<20 {
		t.Errorf("the instance has %d bytes", used)
	}
	before := h.Streams(structs.LogQuery{})
	h.restart()
	for i, s := range h.Streams(structs.LogQuery{}) {
		if s.Removed != before[i].Removed || s.Bytes != before[i].Bytes {
			t.Errorf("after a restart %+v, before it %+v", s, before[i])
		}
	}
	if used := diskUsed(t, h.dir); used > 12<<20 {
		t.Errorf("after a restart the instance has %d bytes", used)
	}
}

// What is too old is removed; a container that still runs keeps its newest lines.
func TestAge(t *testing.T) {
	h := newHarness(t, Config{Age: time.Hour})
	live, gone := h.run("t1", "app", nil), h.run("t2", "app", nil)
	live.write(t, "stdout", "live\n")
	gone.write(t, "stdout", "gone\n")
	h.Await(structs.LogQuery{}, 2)
	f := h.logs.follower(gone.state.ID)
	if err := h.over.RemoveContainer(t.Context(), gone.state.ID); err != nil {
		t.Fatal(err)
	}
	<-f.done
	old := time.Now().Add(-2 * time.Hour)
	for _, task := range []string{"t1", "t2"} {
		if err := os.Chtimes(filepath.Join(h.dir, task, "app", "00000001.log"), old, old); err != nil {
			t.Fatal(err)
		}
	}
	h.restart()
	h.logs.removeOld()
	if got := messages(h.Events(structs.LogQuery{})); !slices.Equal(got, []string{"live"}) {
		t.Errorf("events %q", got)
	}
	if left, _ := filepath.Glob(filepath.Join(h.dir, "*")); len(left) != 1 {
		t.Errorf("folders that are left: %q", left)
	}
}

// Lines that the engine removed while no agent ran are a gap that readers see.
func TestGap(t *testing.T) {
	h := newHarness(t, Config{})
	c := h.run("t1", "app", nil)
	c.write(t, "stdout", "before\n")
	h.Await(structs.LogQuery{}, 1)
	h.stop()
	c.size = 10 << 10
	c.writeMany(t, 0, 100)
	h.start()
	if _, err := h.over.ListContainers(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.caughtUp(c)
	got := h.Events(structs.LogQuery{})
	if len(got) > 60 || got[0].Message != "before" || got[0].Gap || !got[1].Gap || got[2].Gap || !strings.HasPrefix(got[len(got)-1].Message, "00000099") {
		t.Errorf("%d events; the second says gap: %t", len(got), got[1].Gap)
	}
	if s := h.Streams(structs.LogQuery{})[0]; s.Gaps != 1 {
		t.Errorf("%d gaps are counted", s.Gaps)
	}
}

// A follower that is slower than the bounds allow learns how many lines it missed, and holds nobody
// up.
func TestSlowReader(t *testing.T) {
	h := newHarness(t, Config{Container: 4 << 20})
	c := h.run("t1", "app", nil)
	seen := h.Stream(t.Context(), structs.LogQuery{Follow: true})
	c.writeMany(t, 0, 10)
	first := <-seen
	c.writeMany(t, 10, 20000)
	h.caughtUp(c)
	c.write(t, "stdout", "end\n")
	count, dropped := 1, first.Dropped
	for e := range seen {
		count++
		dropped += e.Dropped
		if e.Message == "end" {
			break
		}
	}
	if int64(count)+dropped != 20001 || dropped == 0 {
		t.Errorf("%d events came and %d are said to be dropped, of 20001", count, dropped)
	}
}

// The files that an engine empties or that somebody else truncates are read from their beginning.
func TestTruncatedFile(t *testing.T) {
	h := newHarness(t, Config{})
	c := h.run("t1", "app", nil)
	c.write(t, "stdout", "a long line before it\n")
	h.Await(structs.LogQuery{}, 1)
	if err := os.Truncate(c.path, 0); err != nil {
		t.Fatal(err)
	}
	c.write(t, "stdout", "after\n")
	h.Await(structs.LogQuery{}, 2)
	if got := h.Events(structs.LogQuery{}); got[1].Message != "after" || !got[1].Gap {
		t.Errorf("events %+v", got)
	}
}
