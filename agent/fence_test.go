package agent_test

import (
	"context"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/runtime/fake"
	"github.com/gantry-project/gantry/structs"
)

func fenced(c *agent.Config) { c.StopOnDisconnect = true }

// cutOff makes the server one that nothing gets through to any more, or again.
func (s *fakeServer) cutOff(is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = is
}

// An agent that is cut off kills what runs before its lease ends, also what takes its time to stop
// or was stopping anyway, and tells of it when it is back.
func TestCutOff(t *testing.T) {
	for title, change := range map[string]func(*agent.Config){"fenced": fenced, "not fenced": nil} {
		t.Run(title, func(t *testing.T) {
			inWorldWith(t, change, func(w *world) {
				w.engine.SetImage("app", fake.Image{StopAfter: 20 * time.Second})
				w.server.run(taskID(1), definition(container("app")))
				w.server.run(taskID(2), definition(container("app")))
				w.wait(10 * time.Second)
				w.expect(taskID(1), structs.TaskRunning)
				w.server.stopTask(taskID(2))
				w.wait(2500 * time.Millisecond) // half-way between two beats

				w.server.cutOff(true)
				w.wait(2 * time.Second)
				w.expectRunning(name("app", 1), name("app", 2))
				w.wait(structs.FencedLease - 2*time.Second)
				if change == nil {
					w.expectRunning(name("app", 1), name("app", 2))
					return
				}
				w.expectRunning()

				w.wait(time.Minute)
				w.server.cutOff(false)
				w.wait(30 * time.Second)
				if task := w.expect(taskID(1), structs.TaskStopped); task.StopCode != structs.StopInstanceLost || task.StoppedReason != structs.ReasonCutOff {
					t.Errorf("stopped with %s %q", task.StopCode, task.StoppedReason)
				}
				if task := w.expect(taskID(2), structs.TaskStopped); task.StopCode != structs.StopUserInitiated {
					t.Errorf("the one that was stopping anyway: %s %q", task.StopCode, task.StoppedReason)
				}
				w.server.run(taskID(3), definition(container("app")))
				w.wait(10 * time.Second)
				w.expect(taskID(3), structs.TaskRunning)
			})
		})
	}
}

// An agent whose server is away for less than its lease kills nothing.
func TestShortlyCutOff(t *testing.T) {
	inWorldWith(t, fenced, func(w *world) {
		w.server.run(taskID(1), definition(container("app")))
		w.wait(10 * time.Second)
		for range 5 {
			w.server.cutOff(true)
			w.wait(1200 * time.Millisecond)
			w.server.cutOff(false)
			w.wait(5 * time.Second)
		}
		w.expect(taskID(1), structs.TaskRunning)
	})
}

// What an agent leaves running when it ends, and the next one finds when it starts cut off, is
// killed a lease after that start at the latest; servers may have replaced it long before. One that
// is answered within the lease keeps it.
func TestStartsCutOff(t *testing.T) {
	enrols := func(c *agent.Config) { // and gets no certificate
		c.StopOnDisconnect = true
		c.Join = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	}
	for title, c := range map[string]struct {
		change func(*agent.Config)
		away   time.Duration // of all servers, from the start
		killed bool
	}{
		"not fenced": {nil, time.Minute, false},
		"fenced":     {fenced, time.Minute, true},
		// it asks again every 375 ms at the latest, and kills 400 ms before the end
		"answered in time":        {fenced, structs.FencedLease - 900*time.Millisecond, false},
		"without a certificate":   {enrols, 0, true},
		"nobody opens its stream": {fenced, -1, true},
	} {
		t.Run(title, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.server.run(taskID(1), definition(container("app")))
				w.server.run(taskID(2), definition(container("app")))
				w.wait(10 * time.Second)
				w.stop()
				w.server.cutOff(c.away > 0)
				w.server.set(func() { w.server.noStreams = c.away < 0 })
				w.change = c.change
				w.launch()
				w.wait(2 * time.Second)
				w.expectRunning(name("app", 1), name("app", 2))
				w.wait(min(max(c.away, 0), structs.FencedLease) - 2*time.Second)
				w.server.cutOff(c.away > structs.FencedLease)
				w.wait(structs.FencedLease)
				if c.killed {
					w.expectRunning()
				} else {
					w.expectRunning(name("app", 1), name("app", 2))
				}
			})
		})
	}
}

// An agent that killed what an earlier one left says so once it is back, but of a task that was to
// stop anyway.
func TestTellsWhatItKilledAtItsStart(t *testing.T) {
	inWorld(t, func(w *world) {
		w.engine.SetImage("app", fake.Image{StopAfter: 20 * time.Second})
		for n := range 2 {
			w.server.run(taskID(n+1), definition(container("app")))
		}
		w.wait(10 * time.Second)
		w.stop()
		w.server.cutOff(true)
		w.server.stopTask(taskID(2))
		w.change = fenced
		w.launch()
		w.wait(structs.FencedLease)
		w.expectRunning()
		w.server.cutOff(false)
		w.wait(30 * time.Second)
		if task := w.expect(taskID(1), structs.TaskStopped); task.StopCode != structs.StopInstanceLost || task.StoppedReason != structs.ReasonCutOff {
			t.Errorf("stopped with %s %q", task.StopCode, task.StoppedReason)
		}
		if task := w.expect(taskID(2), structs.TaskStopped); task.StopCode != structs.StopUserInitiated {
			t.Errorf("the one that was to stop anyway: %s %q", task.StopCode, task.StoppedReason)
		}
		w.server.run(taskID(3), definition(container("app")))
		w.wait(10 * time.Second)
		w.expect(taskID(3), structs.TaskRunning)
	})
}

// As long as an agent is cut off it kills what it finds: an engine may be away when the lease ends,
// and start a container that it was asked for by an earlier process only after that.
func TestKillsWhatRunsLate(t *testing.T) {
	inWorld(t, func(w *world) {
		w.server.run(taskID(1), definition(container("app")))
		w.wait(10 * time.Second)
		w.engine.SetImage("slow", fake.Image{StartDelay: time.Hour})
		w.server.run(taskID(2), definition(container("slow")))
		w.wait(10 * time.Second)
		instance := w.agent.Instance()
		w.stop()
		w.server.cutOff(true)
		w.change = fenced
		w.launch()
		w.wait(time.Second)
		w.engine.SetAway(true)
		w.wait(10 * time.Second)
		w.expectRunning(name("app", 1))
		w.engine.SetAway(false)
		w.wait(1200 * time.Millisecond)
		w.expectRunning()

		w.engine.SetImage("slow", fake.Image{})
		for _, c := range w.engine.All() {
			if c.State == runtime.ContainerCreated {
				if _, err := w.engine.Runtime(instance).StartContainer(t.Context(), c.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		w.expectRunning(name("slow", 2))
		w.wait(1200 * time.Millisecond)
		w.expectRunning()
	})
}
