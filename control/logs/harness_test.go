package logs_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/control/logs"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/agentlogs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// begin is the time of the first event in tests, a minute before the clock of the node.
const begin = structs.Time(1_767_225_540_000)

const day = 24 * 60 * 60 * 1000

const group = "/ecs/web"

// scene is a cluster of instances with tasks of one definition, whose container app writes to a log
// group.
type scene struct {
	*singlenode.Node
	t         *testing.T
	agents    *agentlogs.Agents
	reader    logs.Reader
	instances []string
	tasks     []*structs.Task // one of each instance
}

func newScene(t *testing.T, instances int) *scene {
	t.Helper()
	s := &scene{t: t, agents: agentlogs.New()}
	s.Node = singlenode.New(t, func(c *control.Config) { c.Agents = s.agents })
	s.SetStep(time.Millisecond)
	s.reader = logs.Reader{Control: s.Control, Patience: 200 * time.Millisecond}
	s.MustApply(t, structs.PutLogGroups{Groups: []structs.LogGroup{{Name: group, CreatedAt: begin - 30*day}}})
	_, err := s.Control.RegisterTaskDefinition(t.Context(), structs.TaskDefinition{
		Family: "web", ContainerDefinitions: []structs.ContainerDefinition{{
			Name: "app", Image: "app", Memory: new(int32(16)),
			LogConfiguration: &structs.LogConfiguration{LogDriver: "awslogs", Options: map[string]string{
				"awslogs-group": group, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "p",
			}},
		}},
	}, nil)
	s.must(err)
	for range instances {
		i := s.AddInstance(t, structs.DefaultCluster, 4096, 4096)
		s.instances = append(s.instances, i.ID)
		started, err := s.Control.RunTask(t.Context(), control.RunTaskInput{Job: structs.Job{
			Cluster: structs.DefaultCluster, TaskDefinition: "web", Count: 1, Instances: []string{i.ID},
		}})
		s.must(err)
		s.tasks = append(s.tasks, started.Tasks...)
	}
	return s
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// write adds lines to the stream of a task, each at a number of milliseconds after begin.
func (s *scene) write(task int, at ...int) {
	for _, ms := range at {
		s.agents.Write(s.stream(task), structs.LogEvent{
			Time: begin + structs.Time(ms), Source: "stdout", Message: fmt.Sprintf("%d at %d", task, ms),
		})
	}
}

func (s *scene) stream(task int) structs.LogStream {
	t := s.tasks[task]
	return structs.LogStream{
		Instance: t.Instance, Cluster: t.Cluster, Group: group, Name: "p/app/" + t.ID, Task: t.ID, Container: "app", CreatedAt: begin,
	}
}

// query returns a query for the log group.
func (s *scene) query(size int) *logs.Query {
	return &logs.Query{MaxEvents: size, MaxBytes: 1 << 20, LogQuery: structs.LogQuery{Group: group}}
}

// all reads page after page.
func (s *scene) all(q *logs.Query) (messages []string) {
	s.t.Helper()
	for range 1000 {
		page, err := s.reader.Page(s.t.Context(), q)
		s.must(err)
		if len(page.Events) > q.MaxEvents {
			s.t.Fatalf("%d events on a page of %d", len(page.Events), q.MaxEvents)
		}
		for _, e := range page.Events {
			messages = append(messages, e.Message)
		}
		if !page.More {
			return messages
		}
		q.From = page.Last
	}
	s.t.Fatal("pages have no end")
	return nil
}

// lines collects what a request is answered with, until it ends or ctx does.
type lines struct {
	got chan structs.LogLine
	end chan error
}

func (s *scene) lines(ctx context.Context, in structs.LogRequest) *lines {
	l := &lines{make(chan structs.LogLine), make(chan error, 1)}
	in.Cluster = structs.DefaultCluster
	go func() {
		l.end <- s.reader.Lines(ctx, in, func(line structs.LogLine) error {
			select {
			case l.got <- line:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	return l
}

// expect expects the next lines to have these messages, or notes that contain them.
func (l *lines) expect(t *testing.T, want ...string) (last structs.LogLine) {
	t.Helper()
	for _, text := range want {
		select {
		case last = <-l.got:
		case err := <-l.end:
			t.Fatalf("the answer ended before %q: %v", text, err)
		case <-time.After(10 * time.Second):
			t.Fatalf("no line %q", text)
		}
		if last.Message != text && (last.Note == "" || !strings.Contains(last.Note, text)) {
			t.Fatalf("got %+v, want %q", last, text)
		}
	}
	return last
}

func (l *lines) ends(t *testing.T) error {
	t.Helper()
	select {
	case line := <-l.got:
		t.Fatalf("got %+v, want the end", line)
	case err := <-l.end:
		return err
	case <-time.After(10 * time.Second):
		t.Fatal("no end")
	}
	return nil
}
