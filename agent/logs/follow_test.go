package logs

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// What a container writes is there for readers, in order, with what is known of it.
func TestKeptOutput(t *testing.T) {
	h := newHarness(t, Config{})
	c := h.run("t1", "app", map[string]string{"awslogs-group": "/web", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "p"})
	c.write(t, "stdout", "hello \"you\" <&>\n")
	c.write(t, "stderr", "an error é\n")
	h.Await(structs.LogQuery{}, 2)
	got := h.Events(structs.LogQuery{Group: "/web", Names: []string{"p/app/t1"}, Service: "web"})
	if got[0].Message != `hello "you" <&>` || got[0].Source != "stdout" || got[1].Message != "an error é" || got[1].Source != "stderr" {
		t.Errorf("events %+v", got)
	}
	if e := got[0]; e.Task != "t1" || e.Container != "app" || e.Ingested < e.Time || e.Position >= got[1].Position {
		t.Errorf("event %+v", e)
	}
	s := h.Streams(structs.LogQuery{Task: "t1"})
	if len(s) != 1 {
		t.Fatalf("streams %+v", s)
	}
	if s := s[0]; s.Group != "/web" || s.Name != "p/app/t1" || s.Region != "eu-west-1" || s.Service != "web" || s.Instance != "i-1" ||
		s.FirstEvent == 0 || s.LastEvent < s.FirstEvent || s.Bytes == 0 || !s.Live || s.CreatedAt == 0 {
		t.Errorf("stream %+v", s)
	}
	for _, q := range []structs.LogQuery{{Group: "/other"}, {Names: []string{"x"}}, {Prefix: "q"}, {Task: "t2"}, {Service: "db"}, {Container: "side"}} {
		if got := h.Events(q); len(got) != 0 {
			t.Errorf("%+v selects %+v", q, got)
		}
	}
}

// Nothing is lost and nothing comes twice while the engine renames its files, however fast.
func TestEngineRenamesFiles(t *testing.T) {
	h := newHarness(t, Config{})
	c := h.run("t1", "app", nil)
	c.size = 100 << 10
	ctx, cancel := context.WithTimeout(t.Context(), 3*Patience)
	defer cancel()
	seen := h.Stream(ctx, structs.LogQuery{Follow: true})
	const lines = 20000 // 35 files
	go func() {
		for n := range lines {
			c.write(t, "stdout", fmt.Sprintf("%08d %s\n", n, strings.Repeat("x", 80)))
			if n%500 == 0 { // a container is slower than this loop
				<-time.After(2 * time.Millisecond)
			}
		}
	}()
	for n := range lines {
		e, ok := <-seen
		if want := fmt.Sprintf("%08d ", n); !ok || !strings.HasPrefix(e.Message, want) {
			t.Fatalf("event %d is %q (dropped %d, gap %t)", n, e.Message, e.Dropped, e.Gap)
		}
	}
	if got := h.Events(structs.LogQuery{}); len(got) != lines {
		t.Errorf("%d events are kept, want %d", len(got), lines)
	}
}

// Output is there when the container is gone, also what it wrote last.
func TestContainerIsRemoved(t *testing.T) {
	h := newHarness(t, Config{})
	c := h.run("t1", "app", nil)
	for n := range 1000 {
		c.write(t, "stdout", fmt.Sprintf("%d\n", n))
	}
	if err := h.over.RemoveContainer(t.Context(), c.state.ID); err != nil {
		t.Fatal(err)
	}
	h.Await(structs.LogQuery{Task: "t1"}, 1000)
	h.restart()
	if got := h.Await(structs.LogQuery{Task: "t1"}, 1000); got[999] != "999" {
		t.Errorf("the last event is %q", got[999])
	}
}

// A container that is started again goes on in its stream.
func TestRestartedContainer(t *testing.T) {
	h := newHarness(t, Config{})
	c := h.run("t1", "app", nil)
	c.write(t, "stdout", "one\n")
	h.exit(c)
	f := h.logs.follower(c.state.ID)
	if f != nil {
		<-f.done
	}
	if got := h.Await(structs.LogQuery{}, 1); got[0] != "one" || h.Streams(structs.LogQuery{})[0].Live {
		t.Errorf("events %q, live %t", got, h.Streams(structs.LogQuery{})[0].Live)
	}
	if _, err := h.over.RestartContainer(t.Context(), c.state.ID, 0); err != nil {
		t.Fatal(err)
	}
	c.write(t, "stdout", "two\n")
	if got := h.Await(structs.LogQuery{}, 2); got[1] != "two" {
		t.Errorf("events %q", got)
	}
}
