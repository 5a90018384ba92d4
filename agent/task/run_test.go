package task

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gantry-project/gantry/agent/images"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/runtime/fake"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// noImages has every image.
type noImages struct{}

func (noImages) Pull(context.Context, images.Want) (images.Held, error) {
	return images.Held{Release: func() {}}, nil
}

// A runner needs no server and no agent. Here it takes a task up and down, on an engine that knows
// nothing of it. Two containers have one name, which no check forbids; the engine has one for both.
func TestRun(t *testing.T) {
	for _, names := range [][]string{{"app", "side"}, {"app", "app"}} {
		faketime.Test(t, func(t *testing.T) {
			engine := fake.New(fake.Config{})
			def := &structs.TaskDefinition{Family: "web", Revision: 1}
			for _, name := range names {
				def.ContainerDefinitions = append(def.ContainerDefinitions, structs.ContainerDefinition{Name: name, Image: "app"})
			}
			var reported []structs.TaskStatus
			r := New(Config{
				Instance: "i1", Engine: engine.Runtime("i1"), Images: noImages{}, Slots: make(chan struct{}, 1),
				Report: func(u structs.TaskUpdate) { reported = append(reported, u.Status) },
				Now:    func() structs.Time { return structs.TimeOf(time.Now()) },
				Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
			}, structs.Assignment{Task: &structs.Task{ID: "t1", LastStatus: structs.TaskProvisioning}, Definition: def}, nil, false)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				r.Run(context.Background())
			}()
			synctest.Wait()
			if r.Ended() || !slices.Contains(reported, structs.TaskRunning) {
				t.Errorf("%q: reported %v", names, reported)
			}
			for _, c := range engine.All() {
				if c.State != runtime.ContainerRunning {
					t.Errorf("%q: container %s is %s", names, c.Name, c.State)
				}
			}
			r.Stop()
			<-ended
			if last := reported[len(reported)-1]; last != structs.TaskStopped || !r.Ended() || !slices.IsSorted(reported) {
				t.Errorf("%q: reported %v", names, reported)
			}
			for _, c := range engine.All() {
				if c.State != runtime.ContainerExited {
					t.Errorf("%q: container %s is %s after the end", names, c.Name, c.State)
				}
			}
		})
	}
}

// An event about an end before the last start says nothing about how the container is now.
func TestALateEventDoesNotEndARestartedContainer(t *testing.T) {
	r := &Runner{containers: containers("running"), revived: map[string]bool{}}
	c := &r.containers[0]
	c.seen.RuntimeID, c.startedAt = "id", 2000
	r.lookAt(runtime.Event{ID: "id", Ended: true, At: 1000})
	if c.phase != phaseRunning || !c.stale {
		t.Errorf("it is in phase %d, to be inspected: %v", c.phase, c.stale)
	}
	r.lookAt(runtime.Event{ID: "id", Ended: true, At: 3000, ExitCode: 4})
	if c.phase != phaseEnded || *c.seen.ExitCode != 4 {
		t.Errorf("it is in phase %d", c.phase)
	}
}
