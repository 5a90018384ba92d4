package agent_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// target makes a task a target, as the servers do once it is RUNNING. Its agent is not told.
func (s *fakeServer) target(id string) {
	s.set(func() {
		as := s.tasks[id]
		as.Task.Targets, as.DrainSeconds = []structs.TaskTarget{{TargetGroup: "g", Port: 32768}}, 300
	})
}

// drained says that the last request to a task has ended.
func (s *fakeServer) drained(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	as := s.tasks[id]
	as.Task.DrainedAt = structs.TimeOf(time.Now())
	s.changed(as)
}

// A target is stopped when its requests have ended, whatever happens to its agent meanwhile.
func TestATargetIsStoppedOnceItIsDrained(t *testing.T) {
	for what, meanwhile := range map[string]func(*harness){
		"nothing":                func(*harness) {},
		"the agent is restarted": func(h *harness) { h.restart() },
		"the stream breaks":      func(h *harness) { h.server.dropStreams() },
		"the agent is down":      func(h *harness) { h.stop() },
	} {
		t.Run(what, func(t *testing.T) {
			withAgent(t, func(h *harness) {
				h.server.run(taskID(1), definition(container("app")))
				h.wait(time.Second)
				h.server.target(taskID(1))
				h.server.stopTask(taskID(1))
				h.wait(time.Second)
				h.expect(taskID(1), structs.TaskDeactivating)
				meanwhile(h)
				h.wait(30 * time.Second)
				h.expect(taskID(1), structs.TaskDeactivating)
				h.expectRunning(name("app", 1))
				h.server.drained(taskID(1))
				if what == "the agent is down" {
					h.start()
				}
				h.wait(2 * time.Second)
				task := h.expect(taskID(1), structs.TaskStopped)
				if seen := h.server.statuses(taskID(1)); task.StopCode != structs.StopUserInitiated || !slices.IsSorted(seen) {
					t.Errorf("stopped with %s after %v", task.StopCode, seen)
				}
			})
		})
	}
}

// Without a word of a server, the agent's own clock ends the wait: the delay and ten seconds.
func TestATargetIsStoppedWithoutServers(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.server.run(taskID(1), definition(container("app")))
		h.wait(time.Second)
		h.server.target(taskID(1))
		h.server.stopTask(taskID(1))
		h.wait(time.Second)
		h.server.setDown(true)
		h.wait(308 * time.Second)
		h.expectRunning(name("app", 1))
		h.wait(2 * time.Second)
		h.expectRunning()
	})
}

// A task that its instance no longer has waits for nobody: no server would say when.
func TestAForgottenTargetIsStoppedAtOnce(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.server.run(taskID(1), definition(container("app")))
		h.wait(time.Second)
		h.server.target(taskID(1))
		h.server.stopTask(taskID(1))
		h.wait(time.Second)
		h.server.forget(taskID(1))
		h.server.dropStreams()
		h.wait(5 * time.Second)
		h.expectRunning()
	})
}
