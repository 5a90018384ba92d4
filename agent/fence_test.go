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

// cutOff makes the server unreachable, or reachable again.
func (s *fakeServer) cutOff(is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = is
}

// An agent that is cut off kills running containers before its lease ends, including those that are
// slow to stop or were stopping anyway, and reports that when it is back.
func TestCutOff(t *testing.T) {
	for title, change := range map[string]func(*agent.Config){"fenced": fenced, "not fenced": nil} {
		t.Run(title, func(t *testing.T) {
			withConfig(t, change, func(h *harness) {
				h.engine.SetImage("app", fake.Image{StopAfter: 20 * time.Second})
				h.server.run(taskID(1), definition(container("app")))
				h.server.run(taskID(2), definition(container("app")))
				h.wait(10 * time.Second)
				h.expect(taskID(1), structs.TaskRunning)
				h.server.stopTask(taskID(2))
				h.wait(2500 * time.Millisecond) // half-way between two beats

				h.server.cutOff(true)
				h.wait(2 * time.Second)
				h.expectRunning(name("app", 1), name("app", 2))
				h.wait(structs.FencedLease - 2*time.Second)
				if change == nil {
					h.expectRunning(name("app", 1), name("app", 2))
					return
				}
				h.expectRunning()

				h.wait(time.Minute)
				h.server.cutOff(false)
				h.wait(30 * time.Second)
				if task := h.expect(taskID(1), structs.TaskStopped); task.StopCode != structs.StopInstanceLost || task.StoppedReason != structs.ReasonCutOff {
					t.Errorf("stopped with %s %q", task.StopCode, task.StoppedReason)
				}
				if task := h.expect(taskID(2), structs.TaskStopped); task.StopCode != structs.StopUserInitiated {
					t.Errorf("the task that was stopping anyway: %s %q", task.StopCode, task.StoppedReason)
				}
				h.server.run(taskID(3), definition(container("app")))
				h.wait(10 * time.Second)
				h.expect(taskID(3), structs.TaskRunning)
			})
		})
	}
}

// An agent whose server is away for less than its lease kills nothing.
func TestShortlyCutOff(t *testing.T) {
	withConfig(t, fenced, func(h *harness) {
		h.server.run(taskID(1), definition(container("app")))
		h.wait(10 * time.Second)
		for range 5 {
			h.server.cutOff(true)
			h.wait(1200 * time.Millisecond)
			h.server.cutOff(false)
			h.wait(5 * time.Second)
		}
		h.expect(taskID(1), structs.TaskRunning)
	})
}

// An agent that is cut off when it starts kills what an earlier one left running, at the latest one
// lease after the start. Servers may have replaced that long before. If a server answers within the
// lease, the agent keeps what runs.
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
			withAgent(t, func(h *harness) {
				h.server.run(taskID(1), definition(container("app")))
				h.server.run(taskID(2), definition(container("app")))
				h.wait(10 * time.Second)
				h.stop()
				h.server.cutOff(c.away > 0)
				h.server.set(func() { h.server.noStreams = c.away < 0 })
				h.change = c.change
				h.launch()
				h.wait(2 * time.Second)
				h.expectRunning(name("app", 1), name("app", 2))
				h.wait(min(max(c.away, 0), structs.FencedLease) - 2*time.Second)
				h.server.cutOff(c.away > structs.FencedLease)
				h.wait(structs.FencedLease)
				if c.killed {
					h.expectRunning()
				} else {
					h.expectRunning(name("app", 1), name("app", 2))
				}
			})
		})
	}
}

// An agent that killed what an earlier one left reports that once it is back, except for a task
// that was to stop anyway.
func TestTellsWhatItKilledAtItsStart(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.engine.SetImage("app", fake.Image{StopAfter: 20 * time.Second})
		for n := range 2 {
			h.server.run(taskID(n+1), definition(container("app")))
		}
		h.wait(10 * time.Second)
		h.stop()
		h.server.cutOff(true)
		h.server.stopTask(taskID(2))
		h.change = fenced
		h.launch()
		h.wait(structs.FencedLease)
		h.expectRunning()
		h.server.cutOff(false)
		h.wait(30 * time.Second)
		if task := h.expect(taskID(1), structs.TaskStopped); task.StopCode != structs.StopInstanceLost || task.StoppedReason != structs.ReasonCutOff {
			t.Errorf("stopped with %s %q", task.StopCode, task.StoppedReason)
		}
		if task := h.expect(taskID(2), structs.TaskStopped); task.StopCode != structs.StopUserInitiated {
			t.Errorf("the task that was to stop anyway: %s %q", task.StopCode, task.StoppedReason)
		}
		h.server.run(taskID(3), definition(container("app")))
		h.wait(10 * time.Second)
		h.expect(taskID(3), structs.TaskRunning)
	})
}

// As long as an agent is cut off, it kills all containers that it finds. An engine may be away when
// the lease ends, and only later start a container that an earlier process asked for.
func TestKillsWhatRunsLate(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.server.run(taskID(1), definition(container("app")))
		h.wait(10 * time.Second)
		h.engine.SetImage("slow", fake.Image{StartDelay: time.Hour})
		h.server.run(taskID(2), definition(container("slow")))
		h.wait(10 * time.Second)
		instance := h.agent.Instance()
		h.stop()
		h.server.cutOff(true)
		h.change = fenced
		h.launch()
		h.wait(time.Second)
		h.engine.SetAway(true)
		h.wait(10 * time.Second)
		h.expectRunning(name("app", 1))
		h.engine.SetAway(false)
		h.wait(1200 * time.Millisecond)
		h.expectRunning()

		h.engine.SetImage("slow", fake.Image{})
		for _, c := range h.engine.All() {
			if c.State == runtime.ContainerCreated {
				if _, err := h.engine.Runtime(instance).StartContainer(t.Context(), c.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		h.expectRunning(name("slow", 2))
		h.wait(1200 * time.Millisecond)
		h.expectRunning()
	})
}
