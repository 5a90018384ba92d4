package cluster

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/runtime/fake"
	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// lockedBuffer is what a client has printed so far.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Len()
}

// A command goes on when the server dies through which its client is connected, whether that server
// leads or not. The client finds another server, and what the command prints is whole.
func TestExecGoesOnThroughAnotherServer(t *testing.T) {
	for _, leads := range []bool{true, false} {
		t.Run(fmt.Sprint("leader ", leads), func(t *testing.T) {
			inServers(t, func(t *testing.T, s *servers) { s.execThroughCrash(t, leads) })
		})
	}
}

const execLines = 3000

func (s *servers) execThroughCrash(t *testing.T, leads bool) {
	s.StartAgent("10.0.1.1", "a")
	s.Eventually("the agent is ready", func() bool { return s.Agent("10.0.1.1").Ready() })
	s.Engine.SetExec(func(_ runtime.ContainerState, spec runtime.ExecSpec) (runtime.Exec, error) {
		return fake.NewExec(func(stdin io.Reader, stdout, _ io.Writer) int {
			for n := range execLines {
				fmt.Fprintln(stdout, spec.Command[0], n)
				time.Sleep(time.Millisecond)
			}
			rest, _ := io.ReadAll(stdin)
			return len(rest)
		}), nil
	})
	task := s.runExecTask(t)
	at := s.Leader()
	if !leads {
		at = s.follower()
	}
	var out lockedBuffer
	var code int
	var err error
	ended := make(chan struct{})
	stdin, typed := io.Pipe()
	go func() {
		defer close(ended)
		code, err = s.Client(at).Exec(t.Context(), task, structs.ExecRequest{Cluster: "default", Command: []string{"line"}, Input: true},
			client.Terminal{Stdin: stdin, Stdout: &out, Stderr: &out})
	}()
	s.Eventually("the command prints", func() bool { return out.Len() > 1000 })
	s.Crash(at)
	go func() {
		fmt.Fprint(typed, "seven..")
		typed.Close()
	}()
	<-ended
	stdin.Close()
	var want bytes.Buffer
	for n := range execLines {
		fmt.Fprintln(&want, "line", n)
	}
	if err != nil || code != 7 || !bytes.Equal(out.Bytes(), want.Bytes()) {
		t.Errorf("it exits with %d, %v, and has printed %d bytes of %d", code, err, out.Len(), want.Len())
	}
}

// runExecTask runs a task in whose container commands can be run.
func (s *servers) runExecTask(t *testing.T) (id string) {
	s.must("a definition is registered", func(c *control.Control) error {
		_, err := c.RegisterTaskDefinition(t.Context(), structs.TaskDefinition{
			Family: "shell", ContainerDefinitions: []structs.ContainerDefinition{{Name: "app", Image: "app", Memory: new(int32(64))}},
		}, nil)
		return err
	})
	s.must("a task is run", func(c *control.Control) error {
		placed, err := c.RunTask(t.Context(), control.RunTaskInput{Job: structs.Job{
			Cluster: "default", TaskDefinition: "shell", Count: 1, EnableExecuteCommand: true,
		}})
		if err == nil && len(placed.Tasks) == 1 {
			id = placed.Tasks[0].ID
			return nil
		}
		return fmt.Errorf("%+v: %w", placed, err)
	})
	s.Eventually("the task runs", func() bool {
		snap, err := s.Control(s.Leader()).Read(context.Background())
		return err == nil && snap.Task(id).LastStatus == structs.TaskRunning
	})
	return id
}
