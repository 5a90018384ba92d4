package logs_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/control/logs"
	"github.com/gantry-project/gantry/structs"
)

// Events of several instances come in the order of their times, and no page repeats or leaves out
// an event, whatever its size.
func TestPages(t *testing.T) {
	s := newScene(t, 3)
	s.write(0, 1, 1, 1, 4, 9)
	s.write(1, 1, 2, 4, 4, 10)
	s.write(2, 3, 4)
	want := []string{"0 at 1", "0 at 1", "0 at 1", "1 at 1", "1 at 2", "2 at 3", "0 at 4", "1 at 4", "1 at 4", "2 at 4", "0 at 9", "1 at 10"}
	inOrder := func(list []string) []string { // streams of one time are in the order of their ids
		out := slices.Clone(list)
		slices.SortFunc(out, func(a, b string) int { return cmp.Or(cmp.Compare(timeOf(a), timeOf(b)), cmp.Compare(a, b)) })
		return out
	}
	for size := 1; size <= len(want)+1; size++ {
		got := s.all(s.query(size))
		if !slices.Equal(inOrder(got), want) || !slices.IsSortedFunc(got, func(a, b string) int { return timeOf(a) - timeOf(b) }) {
			t.Errorf("pages of %d have %q", size, got)
		}
		back := s.query(size)
		back.Backward = true
		reversed := s.all(back)
		slices.Reverse(reversed)
		if !slices.Equal(reversed, got) {
			t.Errorf("pages of %d backward have %q, forward %q", size, reversed, got)
		}
	}
	bounded := s.query(3)
	bounded.Since, bounded.Until = begin+2, begin+9
	if got := s.all(bounded); len(got) != 6 || got[0] != "1 at 2" || got[1] != "2 at 3" {
		t.Errorf("between two times there are %q", got)
	}
	matching := s.query(2)
	matching.Matches = func(message string) bool { return strings.HasSuffix(message, "4") }
	if got := s.all(matching); len(got) != 4 {
		t.Errorf("%q match", got)
	}
	small := s.query(100)
	small.MaxBytes = 3 * (len("0 at 1") + 26)
	if page, err := s.reader.Page(t.Context(), small); err != nil || len(page.Events) != 3 || !page.More {
		t.Errorf("a page with room for three events has %d, more %v, %v", len(page.Events), page.More, err)
	}
}

func timeOf(message string) (at int) {
	_, _ = fmt.Sscanf(message[strings.Index(message, "at "):], "at %d", &at)
	return at
}

// A stream whose clock was set back is read on by the positions of its events.
func TestClockSetBack(t *testing.T) {
	s := newScene(t, 1)
	s.agents.Write(s.stream(0), structs.LogEvent{Time: begin + 5, Message: "a"}, structs.LogEvent{Time: begin + 1, Message: "b"}, structs.LogEvent{Time: begin + 2, Message: "c"})
	q := s.query(1)
	q.From = logs.Cursor{Time: begin + 5, Stream: s.tasks[0].ID + "/app", Position: "00000001"}
	if got := s.all(q); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("after the first event come %q", got)
	}
}

// An agent that does not answer, or whose connection breaks, neither holds up the answer nor is it
// passed over in silence.
func TestAgentsThatDoNotAnswer(t *testing.T) {
	s := newScene(t, 3)
	for task := range 3 {
		s.write(task, 1, 2, 3)
	}
	speak := s.agents.Silence(s.instances[1])
	started := time.Now()
	page, err := s.reader.Page(t.Context(), s.query(100))
	if err != nil || len(page.Events) != 6 || len(page.Missing) != 1 || page.Missing[0].Instance != s.instances[1] {
		t.Fatalf("%d events, missing %v, %v", len(page.Events), page.Missing, err)
	}
	if why, gone := page.Unread(); !strings.Contains(why, "does not answer") || gone {
		t.Errorf("the answer says %q, gone %v", why, gone)
	}
	if took := time.Since(started); took > 2*time.Second {
		t.Errorf("the answer took %v", took)
	}
	speak()
	s.agents.Cut(s.instances[0], 2)
	if got := s.all(s.query(100)); len(got) != 9 {
		t.Errorf("with a connection that breaks once the pages have %q", got)
	}
}

// Instances that are not connected are named where state knows that they have a stream.
func TestInstancesThatAreAway(t *testing.T) {
	s := newScene(t, 2)
	s.write(0, 1)
	s.write(1, 1)
	s.MustApply(t, structs.SetAgentConnected{Instances: s.instances[1:], At: s.Control.Now()})
	page, err := s.reader.Page(t.Context(), s.query(100))
	if err != nil || len(page.Events) != 1 || len(page.Missing) != 1 {
		t.Fatalf("%d events, missing %v, %v", len(page.Events), page.Missing, err)
	}
	if m := page.Missing[0]; m.Gone || !slices.Equal(m.Tasks, []string{s.tasks[1].ID}) || !strings.Contains(m.Why, "is not connected") {
		t.Errorf("missing: %+v", m)
	}
	if s.agents.Calls(s.instances[1]) > 0 {
		t.Error("an agent that is not connected was called")
	}
}

// A query for streams of named tasks asks only their instances, as does one for the last minutes;
// one for all times asks every instance, which may have logs of tasks that are not in state any
// more.
func TestWhoIsAsked(t *testing.T) {
	s := newScene(t, 2)
	other := s.AddInstance(t, structs.DefaultCluster, 4096, 4096).ID
	old := structs.LogStream{Instance: other, Cluster: "default", Group: group, Name: "p/app/" + strings.Repeat("f", 32), Task: strings.Repeat("f", 32), Container: "app"}
	s.agents.Write(old, structs.LogEvent{Time: begin, Message: "old"})
	s.write(0, 1)
	s.write(1, 1)
	asked := func(q *logs.Query) (which []bool) {
		before := []int{s.agents.Calls(s.instances[0]), s.agents.Calls(s.instances[1]), s.agents.Calls(other)}
		_, err := s.reader.Streams(t.Context(), q)
		s.must(err)
		for n, instance := range []string{s.instances[0], s.instances[1], other} {
			which = append(which, s.agents.Calls(instance) > before[n])
		}
		return which
	}
	named, recent := s.query(1), s.query(1)
	named.Names = []string{"p/app/" + s.tasks[1].ID}
	recent.Since = s.Control.Now() - 60_000
	for name, test := range map[string]struct {
		query *logs.Query
		want  []bool
	}{"named": {named, []bool{false, true, false}}, "recent": {recent, []bool{true, true, false}}, "all": {s.query(1), []bool{true, true, true}}} {
		if got := asked(test.query); !slices.Equal(got, test.want) {
			t.Errorf("%s: asked %v, want %v", name, got, test.want)
		}
	}
	if got := s.all(s.query(10)); len(got) != 3 {
		t.Errorf("all times: %q", got)
	}
}

// What is older than the retention of the log group is not shown, nor what an earlier group of the
// same name had.
func TestRetention(t *testing.T) {
	s := newScene(t, 1)
	s.agents.Write(s.stream(0), structs.LogEvent{Time: begin - 8*day, Message: "old"}, structs.LogEvent{Time: begin - 10*60_000, Message: "new"})
	if got := s.all(s.query(10)); !slices.Equal(got, []string{"old", "new"}) {
		t.Errorf("without a retention there are %q", got)
	}
	s.must(s.Control.SetLogRetention(t.Context(), group, 7))
	if got := s.all(s.query(10)); !slices.Equal(got, []string{"new"}) {
		t.Errorf("with a retention of a week there are %q", got)
	}
	begins, err := s.Control.LogGroupBegins(t.Context(), []string{group, "/other"})
	if err != nil || len(begins) != 1 || begins[group] < begin-7*day || begins[group] > begin-6*day {
		t.Errorf("agents are told %v, %v", begins, err)
	}
	s.must(s.Control.DeleteLogGroup(t.Context(), group))
	s.must(s.Control.CreateLogGroup(t.Context(), group, "", nil))
	if got := s.all(s.query(10)); len(got) > 0 {
		t.Errorf("of a group that was made anew there are %q", got)
	}
}
