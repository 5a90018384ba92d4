package logs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

// three writes what three containers write in turn, the last of several lines an event, and returns
// the messages in order.
func (h *harness) three(count int) (want []string) {
	h.Helper()
	containers := []*fakeContainer{
		h.run("t1", "one", nil), h.run("t1", "two", awslogs), h.run("t2", "one", with(awslogs, "awslogs-multiline-pattern", "^line")),
	}
	at := time.Now().Add(-time.Hour)
	for n := range count {
		at = at.Add(10 * time.Millisecond)
		c := containers[n%3]
		c.writeAt(h.T, []string{"stdout", "stderr"}[n/3%2], fmt.Sprintf("line %d\n", n), at)
		text := fmt.Sprint("line ", n)
		if n%3 == 2 {
			c.writeAt(h.T, "stdout", " more\n", at.Add(time.Millisecond))
			text += "\n more\n"
		}
		want = append(want, text)
	}
	for _, c := range containers {
		h.exit(c)
	}
	for _, c := range containers {
		if f := h.logs.follower(c.state.ID); f != nil {
			<-f.done
		}
	}
	return want
}

// Events of several streams come in the order of time, forward and backward, a page after the
// other.
func TestPages(t *testing.T) {
	h := newHarness(t, Config{})
	want := h.three(300)
	if diff := cmp.Diff(want, messages(h.Events(structs.LogQuery{}))); diff != "" {
		t.Errorf("all events (-want +got):\n%s", diff)
	}
	slices.Reverse(want)
	if diff := cmp.Diff(want, messages(h.Events(structs.LogQuery{Backward: true}))); diff != "" {
		t.Errorf("backward (-want +got):\n%s", diff)
	}
	slices.Reverse(want)
	for _, backward := range []bool{false, true} {
		var got []string
		after := map[string]string{}
		for page := 0; ; page++ {
			events := h.Events(structs.LogQuery{Limit: 7, After: after, Backward: backward})
			if len(events) > 21 || page > 20 {
				t.Fatalf("page %d has %d events", page, len(events))
			}
			if len(events) == 0 {
				break
			}
			for _, e := range events {
				after[e.Task+"/"+e.Container] = e.Position
			}
			got = append(got, messages(events)...)
		}
		if backward {
			slices.Reverse(got)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pages, backward %t (-want +got):\n%s", backward, diff)
		}
	}
}

// Times bound what is read: from Since on, and before Until.
func TestTimes(t *testing.T) {
	h := newHarness(t, Config{})
	want := h.three(30)
	all := h.Events(structs.LogQuery{})
	q := structs.LogQuery{Since: all[5].Time, Until: all[20].Time}
	if got := messages(h.Events(q)); !slices.Equal(got, want[5:20]) {
		t.Errorf("events %q", got)
	}
	q.Backward, q.Limit, q.Task, q.Container = true, 2, "t1", "one"
	if got := messages(h.Events(q)); !slices.Equal(got, []string{want[18], want[15]}) {
		t.Errorf("backward %q", got)
	}
}

// A follower begins with the newest events, as many as it wants, and goes on where another ended,
// with streams that begin later.
func TestFollow(t *testing.T) {
	h := newHarness(t, Config{})
	c := h.run("t1", "app", nil)
	for n := range 10 {
		c.write(t, "stdout", fmt.Sprintf("%d\n", n))
	}
	h.Await(structs.LogQuery{}, 10)
	ctx, cancel := context.WithCancel(t.Context())
	seen := h.Stream(ctx, structs.LogQuery{Follow: true, Limit: 3})
	var last structs.LogEvent
	for _, want := range []string{"7", "8", "9"} {
		if last = <-seen; last.Message != want {
			t.Errorf("event %q, want %q", last.Message, want)
		}
	}
	c.write(t, "stdout", "new\n")
	if last = <-seen; last.Message != "new" {
		t.Errorf("event %q", last.Message)
	}
	cancel()
	c.write(t, "stdout", "meanwhile\n")
	h.Await(structs.LogQuery{}, 12)
	h.restart() // positions outlive the process
	seen = h.Stream(t.Context(), structs.LogQuery{Follow: true, After: map[string]string{"t1/app": last.Position}})
	if e := <-seen; e.Message != "meanwhile" {
		t.Errorf("event %q", e.Message)
	}
	h.run("t2", "later", nil).write(t, "stdout", "later\n")
	if e := <-seen; e.Message != "later" || e.Task != "t2" {
		t.Errorf("event %+v", e)
	}
}

// One segment after the other is read, and no event is cut where one ends.
func TestSegments(t *testing.T) {
	h := newHarness(t, Config{})
	c := h.run("t1", "app", with(awslogs, "awslogs-multiline-pattern", "^event"))
	long := strings.Repeat("x", partBytes)
	const events = 400 // of 17 KiB
	for n := range events {
		c.write(t, "stdout", fmt.Sprintf("event %d\n", n))
		c.write(t, "stdout", long)
		c.write(t, "stderr", "of the other source\n")
		c.write(t, "stdout", "end\n")
	}
	h.exit(c)
	got := h.Await(structs.LogQuery{}, events)
	for n, text := range got {
		if want := fmt.Sprintf("event %d\nof the other source\n%send\n", n, long); text != want {
			t.Fatalf("event %d has %d bytes, want %d: %.40q", n, len(text), len(want), text)
		}
	}
	s := h.logs.all()[0]
	if len(s.segments) < 5 {
		t.Errorf("%d segments", len(s.segments))
	}
	back := messages(h.Events(structs.LogQuery{Backward: true}))
	slices.Reverse(back)
	if !slices.Equal(back, got) {
		t.Errorf("backward: %d events", len(back))
	}
}

// Many readers get everything, each at its pace.
func TestManyReaders(t *testing.T) {
	h := newHarness(t, Config{})
	c := h.run("t1", "app", nil)
	var readers []<-chan structs.LogEvent
	for range 50 {
		readers = append(readers, h.Stream(t.Context(), structs.LogQuery{Follow: true}))
	}
	c.writeMany(t, 0, 2000)
	for _, seen := range readers {
		for n := range 2000 {
			if e := <-seen; !strings.HasPrefix(e.Message, fmt.Sprintf("%08d", n)) {
				t.Fatalf("event %d is %.20q", n, e.Message)
			}
		}
	}
}
