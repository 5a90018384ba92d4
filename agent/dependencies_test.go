package agent_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/runtime/fake"
	"github.com/gantry-project/gantry/structs"
)

// after makes a container wait for others: "db HEALTHY".
func after(dependencies ...string) func(*structs.ContainerDefinition) {
	return func(c *structs.ContainerDefinition) {
		for _, d := range dependencies {
			name, condition, _ := strings.Cut(d, " ")
			c.DependsOn = append(c.DependsOn, structs.ContainerDependency{ContainerName: name, Condition: condition})
		}
	}
}

func checked(c *structs.ContainerDefinition) {
	c.HealthCheck = &structs.HealthCheck{Command: []string{"CMD", "check"}}
}

func startTimeout(seconds int32) func(*structs.ContainerDefinition) {
	return func(c *structs.ContainerDefinition) { c.StartTimeout = &seconds }
}

// callsOf returns the calls with a name, in their order, without what they are about.
func callsOf(h *harness, name string) (of []string) {
	for _, call := range h.engine.Calls() {
		if container, ok := strings.CutPrefix(call, name+" gantry-web-1-"); ok {
			of = append(of, container[:strings.LastIndex(container, "-")])
		}
	}
	return of
}

// A whole task: a migration that must succeed, a database that must be healthy, and a proxy.
func TestContainersStartInTheirOrderAndEndInReverse(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.engine.SetImage("db", fake.Image{HealthyAfter: 10 * time.Second, StopAfter: time.Second})
		h.engine.SetImage("migrate", fake.Image{RunsFor: 5 * time.Second})
		h.engine.SetImage("app", fake.Image{StopAfter: 2 * time.Second})
		h.server.run(taskID(1), definition(
			container("proxy", after("app START")),
			container("app", after("migrate SUCCESS", "db HEALTHY")),
			container("migrate", nonEssential, after("db HEALTHY")),
			container("db", checked),
		))
		h.wait(9 * time.Second)
		h.expectRunning(name("db", 1))
		if task := h.expect(taskID(1), structs.TaskActivating); task.Containers[3].LastStatus != structs.TaskRunning {
			t.Errorf("while others wait for it the database is reported as %+v", task.Containers[3])
		}
		h.wait(2 * time.Second)
		h.expectRunning(name("db", 1), name("migrate", 1))
		h.wait(5 * time.Second)
		h.expectRunning(name("app", 1), name("db", 1), name("proxy", 1))
		h.expect(taskID(1), structs.TaskRunning)
		if got := callsOf(h, "Start"); !slices.Equal(got, []string{"db", "migrate", "app", "proxy"}) {
			t.Errorf("they were started in the order %q", got)
		}

		h.server.stopTask(taskID(1))
		h.wait(time.Second)
		h.expectRunning(name("app", 1), name("db", 1))
		h.wait(time.Second)
		h.expectRunning(name("db", 1))
		h.wait(2 * time.Second)
		h.expect(taskID(1), structs.TaskStopped)
		if got := callsOf(h, "Stop"); !slices.Equal(got, []string{"proxy", "app", "db"}) {
			t.Errorf("they were stopped in the order %q", got)
		}
	})
}

// What cannot come true ends the task at once, and the reason says what it was.
func TestADependencyThatCannotBeMetEndsTheTask(t *testing.T) {
	for _, c := range []struct {
		name  string
		wait  string // what app waits for of dep
		image fake.Image
		act   func(*harness)
		after time.Duration
		want  string
	}{
		{"it does not succeed", "dep SUCCESS", fake.Image{RunsFor: 5 * time.Second, ExitCode: 3}, nil, 5 * time.Second,
			"CannotStartContainerError: dependency graph: failed to resolve container ordering dependency [dep] for target [app] as dependency did not exit successfully: exit code 3"},
		{"it cannot be pulled", "dep COMPLETE", fake.Image{PullError: "no such image"}, nil, 0,
			"CannotStartContainerError: dependency graph: failed to resolve container ordering dependency [dep] for target [app] as dependency could not be started: CannotPullContainerError: no such image"},
		{"it is unhealthy", "dep HEALTHY", fake.Image{}, func(h *harness) { h.engine.SetHealth(name("dep", 1), "UNHEALTHY") }, 0,
			"CannotStartContainerError: dependency graph: failed to resolve container ordering dependency [dep] for target [app] as dependency is UNHEALTHY"},
		{"it ends before it is healthy", "dep HEALTHY", fake.Image{RunsFor: time.Second, ExitCode: 1}, nil, time.Second,
			"CannotStartContainerError: dependency graph: failed to resolve container ordering dependency [dep] for target [app] as dependency has ended: exit code 1"},
		{"it takes too long", "dep HEALTHY", fake.Image{HealthyAfter: 41 * time.Second}, nil, 40 * time.Second,
			"CannotStartContainerError: dependency graph: container ordering dependency [dep] for target [app] has timed out: it was not HEALTHY within its startTimeout of 40 seconds"},
	} {
		t.Run(c.name, func(t *testing.T) {
			withAgent(t, func(h *harness) {
				h.engine.SetImage("dep", c.image)
				h.server.run(taskID(1), definition(container("app", after(c.wait)), container("other"),
					container("dep", nonEssential, checked, startTimeout(40))))
				h.wait(c.after - time.Millisecond)
				if c.after > 0 {
					h.expect(taskID(1), structs.TaskActivating)
				}
				h.wait(2 * time.Millisecond)
				if c.act != nil {
					c.act(h)
					h.wait(time.Millisecond)
				}
				task := h.expect(taskID(1), structs.TaskStopped)
				if task.StopCode != structs.StopTaskFailedToStart || task.StoppedReason != c.want || task.Containers[0].Reason != c.want {
					t.Errorf("stopped with %s %q, container %q", task.StopCode, task.StoppedReason, task.Containers[0].Reason)
				}
				h.wait(2 * time.Hour)
				if all := h.engine.All(); len(all) != 0 || h.engine.Starts()[name("app", 1)] != 0 {
					t.Errorf("left is %+v; app was started %d times", all, h.engine.Starts()[name("app", 1)])
				}
			})
		})
	}
}

// A sidecar that waits in vain is reported, and the task runs on without it, after a restart of the
// agent too.
func TestASidecarThatWaitsInVainLeavesTheTaskRunning(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.engine.SetImage("init", fake.Image{RunsFor: time.Second, ExitCode: 1})
		h.engine.SetImage("slow", fake.Image{HealthyAfter: 20 * time.Second})
		h.server.run(taskID(1), definition(container("app"), container("side", nonEssential, after("init SUCCESS")), container("init", nonEssential),
			container("late", nonEssential, after("slow HEALTHY")), container("slow", checked, startTimeout(5))))
		h.wait(30 * time.Second)
		task := h.expect(taskID(1), structs.TaskRunning)
		if c := task.Containers[1]; c.LastStatus != structs.TaskStopped || !strings.Contains(c.Reason, "dependency [init]") {
			t.Errorf("the sidecar is reported as %+v", c)
		}
		h.engine.RemoveContainer(name("init", 1))
		h.restart()
		after := h.expect(taskID(1), structs.TaskRunning)
		for n, side := range map[int]string{1: "side", 3: "late"} {
			if after.Containers[n].Reason != task.Containers[n].Reason || h.engine.Starts()[name(side, 1)] != 0 {
				t.Errorf("after a restart of the agent: %+v", after.Containers[n])
			}
		}
	})
}

// A sidecar's pull holds up only the sidecar.
func TestASidecarsPullHoldsUpNobodyElse(t *testing.T) {
	withAgent(t, func(h *harness) {
		h.engine.SetImage("side", fake.Image{PullDelay: time.Hour})
		h.server.run(taskID(1), definition(container("side", nonEssential), container("app"), container("web", after("app START"))))
		h.wait(time.Second)
		h.expectRunning(name("app", 1), name("web", 1))
		task := h.expect(taskID(1), structs.TaskActivating)
		if task.Containers[1].LastStatus != structs.TaskRunning || task.PullStoppedAt != 0 {
			t.Errorf("meanwhile: pull stopped at %d, containers %+v", task.PullStoppedAt, task.Containers)
		}
		h.engine.Exit(name("app", 1), 3) // is noticed at once
		h.wait(time.Second)
		h.expect(taskID(1), structs.TaskStopped)
	})
}

// A task that waits for a health check keeps no slot from others.
func TestWaitingForHealthKeepsNobodyWaiting(t *testing.T) {
	withAgent(t, func(h *harness) {
		for n := range 50 {
			h.server.run(taskID(n+1), definition(container("db", checked), container("app", after("db HEALTHY"))))
		}
		h.wait(time.Minute)
		if got := len(h.running()); got != 50 {
			t.Errorf("%d of 50 databases run", got)
		}
	})
}

// A cut-off agent kills all containers at once, whatever their order.
func TestACutOffAgentKeepsNoOrder(t *testing.T) {
	withConfig(t, fenced, func(h *harness) {
		h.engine.SetImage("app", fake.Image{StopAfter: time.Hour})
		h.server.run(taskID(1), definition(container("db"), container("app", after("db START"))))
		h.wait(time.Minute)
		h.server.cutOff(true)
		h.wait(structs.FencedLease)
		h.expectRunning()
	})
}
