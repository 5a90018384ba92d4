package logs_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// A task's lines come in order; with follow, new ones too, until the task has stopped.
func TestFollowATask(t *testing.T) {
	s := newScene(t, 1)
	s.write(0, 1, 2)
	task := s.tasks[0]
	l := s.lines(t.Context(), structs.LogRequest{Task: task.ID, Follow: true})
	l.expect(t, "0 at 1", "0 at 2")
	s.write(0, 3)
	l.expect(t, "0 at 3")
	s.MustApply(t, structs.ReportTasks{Instance: task.Instance, At: s.Control.Now(), Updates: []structs.TaskUpdate{{Task: task.ID, Status: structs.TaskStopped, StoppedAt: 1}}})
	if err := l.ends(t); err != nil {
		t.Errorf("the answer ended with %v", err)
	}
	if l := s.lines(t.Context(), structs.LogRequest{Task: task.ID}); l.expect(t, "0 at 1", "0 at 2", "0 at 3").Position == "" || l.ends(t) != nil {
		t.Error("what a stopped task wrote is not read")
	}
}

// A follower whose connection to an agent breaks, or whose server is another one, goes on after the
// last line that it has.
func TestFollowGoesOn(t *testing.T) {
	s := newScene(t, 1)
	s.write(0, 1)
	ctx, leave := context.WithCancel(t.Context())
	l := s.lines(ctx, structs.LogRequest{Task: s.tasks[0].ID, Follow: true})
	l.expect(t, "0 at 1")
	s.agents.Cut(s.instances[0], 1)
	s.write(0, 2, 3)
	last := l.expect(t, "0 at 2", "0 at 3")
	leave()
	if err := l.ends(t); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that left got %v", err)
	}
	s.write(0, 4)
	after := map[string]string{last.Task + "/" + last.Container: last.Position}
	l = s.lines(t.Context(), structs.LogRequest{Task: s.tasks[0].ID, Follow: true, After: after})
	l.expect(t, "0 at 4")
	s.write(0, 5)
	l.expect(t, "0 at 5")
}

// The newest lines of each container come in the order of time, and a follower that wants none of
// them gets those that come later.
func TestTail(t *testing.T) {
	s := newScene(t, 1)
	s.write(0, 1, 2, 3)
	l := s.lines(t.Context(), structs.LogRequest{Task: s.tasks[0].ID, Tail: new(2)})
	l.expect(t, "0 at 2", "0 at 3")
	if err := l.ends(t); err != nil {
		t.Error(err)
	}
	l = s.lines(t.Context(), structs.LogRequest{Task: s.tasks[0].ID, Tail: new(0), Follow: true})
	if mark := <-l.got; !mark.Mark || mark.Position == "" {
		t.Errorf("got %+v, want a mark", mark)
	}
	s.write(0, 4)
	l.expect(t, "0 at 4")
}

// What cannot be read is explained.
func TestExplanations(t *testing.T) {
	s := newScene(t, 2)
	end := func(in structs.LogRequest) string {
		l := s.lines(t.Context(), in)
		select {
		case line := <-l.got:
			return "note: " + line.Note
		case err := <-l.end:
			return "error: " + err.Error()
		}
	}
	unreadable := s.stream(1)
	unreadable.Unreadable = "its log driver syslog sends them elsewhere"
	s.agents.Write(unreadable)
	for name, test := range map[string]struct {
		in   structs.LogRequest
		want string
	}{
		"nothing yet":    {structs.LogRequest{Task: s.tasks[0].ID}, "note: task " + s.tasks[0].ID + " is PROVISIONING and has written nothing yet"},
		"no container":   {structs.LogRequest{Task: s.tasks[0].ID, Container: "sidecar"}, "has no container sidecar"},
		"no task":        {structs.LogRequest{Task: "f00"}, "error: there is no task f00 in cluster default"},
		"no service":     {structs.LogRequest{Service: "web"}, "error: there is no service web in cluster default"},
		"another driver": {structs.LogRequest{Task: s.tasks[1].ID}, "note: container app of task " + s.tasks[1].ID + ": its log driver syslog"},
	} {
		if got := end(test.in); !strings.Contains(got, test.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
	s.MustApply(t, structs.SetAgentConnected{Instances: s.instances[:1], At: s.Control.Now()})
	if got := end(structs.LogRequest{Task: s.tasks[0].ID}); !strings.HasPrefix(got, "error: nothing can be read: container instance "+s.instances[0]+" (host-1) is not connected") {
		t.Errorf("a task whose instance is away: %s", got)
	}
	if got := end(structs.LogRequest{Task: s.tasks[0].ID, Follow: true}); !strings.HasPrefix(got, "note: container instance "+s.instances[0]+" (host-1) is not connected") {
		t.Errorf("a follower of it: %s", got)
	}
}
