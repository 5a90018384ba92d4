package fsm

import (
	"slices"
	"testing"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// balanced returns serving, with the service behind target groups g1 and, for deployments of the
// other color, g2. Port 80 of container app is published.
func balanced(t testing.TB) *harness {
	h := serving(t)
	h.change(func(tx *state.Tx) {
		for _, id := range []string{"g1", "g2"} {
			tx.PutTargetGroup(&structs.TargetGroup{ID: id, Name: "web-" + id, Check: structs.TargetCheck{Enabled: true}})
		}
		job, spec := *tx.Job("s1"), *tx.Job("s1").Service
		spec.LoadBalancers = []structs.ServiceLoadBalancer{{
			TargetGroup: "g1", Container: "app", ContainerPort: 80, Alternate: &structs.AlternateTargets{TargetGroup: "g2", ProductionRule: "r"},
		}}
		job.Service = &spec
		tx.PutJob(&job)
		tx.PutJobVersion(&job)
	})
	h.decide("s1")
	return h
}

// published is the report of a RUNNING task whose port 80 is published as another.
func published(task string, port int32) structs.TaskUpdate {
	u := runningUpdate(task, "")
	u.Containers[0].NetworkBindings = []structs.NetworkBinding{
		{ContainerPort: new(int32(81)), HostPort: new(int32(1)), Protocol: "tcp"},
		{ContainerPort: new(int32(80)), HostPort: new(port), Protocol: "tcp"},
	}
	return u
}

// expectTarget expects that a task is one target.
func (h *harness) expectTarget(task, group string, port int32, state string) {
	h.Helper()
	all := h.snap().Task(task).Targets
	if len(all) != 1 || all[0].TargetGroup != group || all[0].Port != port || all[0].Health.State != state ||
		all[0].Container != "app" || all[0].ContainerPort != 80 {
		h.Fatalf("task %s has targets %+v; want port %d, %s, in %s", task, all, port, state, group)
	}
}

// setTarget sets the state of a task's only target, as reports of balancers do.
func (h *harness) setTarget(task, to string) {
	h.change(func(tx *state.Tx) {
		t := *tx.Task(task)
		t.Targets = slices.Clone(t.Targets)
		t.Targets[0].Health.State = to
		tx.PutTask(&t)
	})
}

// events returns the newest n events of service web, oldest first.
func (h *harness) events(n int) (texts []string) {
	all := h.snap().ServiceEvents("s1").Events
	for _, e := range slices.Backward(all[:min(n, len(all))]) {
		texts = append(texts, e.Message)
	}
	return texts
}

func TestARunningTaskBecomesATarget(t *testing.T) {
	h := balanced(t)
	h.do(report("i1", structs.TaskUpdate{Task: "t1", Status: structs.TaskActivating, Containers: published("t1", 32768).Containers}))
	if got := h.snap().Task("t1").Targets; got != nil {
		t.Errorf("before it is RUNNING it has targets %+v", got)
	}
	h.do(report("i1", published("t1", 32768)))
	h.expectTarget("t1", "g1", 32768, structs.TargetInitial)
	h.do(report("i1", published("t1", 32768)))
	h.expectTarget("t1", "g1", 32768, structs.TargetInitial)

	// its container was restarted, and has another port
	h.setTarget("t1", structs.TargetHealthy)
	h.do(report("i1", published("t1", 32999)))
	h.expectTarget("t1", "g1", 32999, structs.TargetInitial)

	if got := h.events(9); !slices.Equal(got, []string{
		"(service web) registered 1 targets in (target-group targetgroup/web-g1/g1).",
		"(service web) registered 1 targets in (target-group targetgroup/web-g1/g1).",
	}) {
		t.Errorf("events %q", got)
	}
}

// A command is one event, however many tasks it is about.
func TestEventsOfTargetsCount(t *testing.T) {
	h := balanced(t)
	h.change(func(tx *state.Tx) {
		moved := *tx.Task("t2")
		moved.Instance = "i1"
		tx.PutTask(&moved)
	})
	h.do(report("i1", published("t1", 1001), published("t2", 1002)))
	h.do(structs.StopTasks{Tasks: []string{"t1", "t2"}, At: 70})
	if got := h.events(9); !slices.Equal(got, []string{
		"(service web) registered 2 targets in (target-group targetgroup/web-g1/g1).",
		"(service web) has begun draining connections on 2 tasks.",
		"(service web) deregistered 2 targets in (target-group targetgroup/web-g1/g1).",
	}) {
		t.Errorf("events %q", got)
	}
}

func TestTargetsOfOtherNetworkModes(t *testing.T) {
	for _, mode := range []string{structs.NetworkAwsvpc, structs.NetworkHost} {
		h := balanced(t)
		h.change(func(tx *state.Tx) {
			d := *tx.TaskDefinition("web:1")
			d.NetworkMode = mode
			tx.PutTaskDefinition(&d)
		})
		h.do(report("i1", runningUpdate("t1", "")))
		h.expectTarget("t1", "g1", 80, structs.TargetInitial)
	}
}

func TestATaskThatWasAskedToStopBecomesNoTarget(t *testing.T) {
	h := balanced(t)
	h.do(structs.StopTasks{Tasks: []string{"t1"}, At: 50})
	h.do(report("i1", published("t1", 32768)))
	if got := h.snap().Task("t1").Targets; got != nil {
		t.Errorf("it has targets %+v", got)
	}
	if got := h.events(9); got != nil {
		t.Errorf("events %q", got)
	}
}

func TestTheGroupOfATargetIsItsDeployments(t *testing.T) {
	h := balanced(t)
	h.change(func(tx *state.Tx) {
		d := *tx.Deployment("d1")
		d.Alternate = true
		tx.PutDeployment(&d)
		unchecked := *tx.TargetGroup("g2")
		unchecked.Check.Enabled = false
		tx.PutTargetGroup(&unchecked)
	})
	h.do(report("i1", published("t1", 32768)))
	h.expectTarget("t1", "g2", 32768, structs.TargetUnavailable)

	// the next deployment begins where the completed one is
	h.change(func(tx *state.Tx) {
		d := *tx.Deployment("d1")
		d.Rollout = structs.RolloutCompleted
		tx.PutDeployment(&d)
	})
	h.do(putServiceCommand("s1", "web", 2, "se2", "d2"))
	if !h.snap().Deployment("d2").Alternate {
		t.Error("the next deployment is in the other target group")
	}
}

// The service looks again when the health of its tasks' targets matters, and a failed target is a
// failed task.
func TestTheHealthOfTargetsCounts(t *testing.T) {
	h := balanced(t)
	h.do(report("i1", published("t1", 32768)))
	h.decide("s1")
	h.setTarget("t1", structs.TargetHealthy)
	if !isHealthy(h.snap().Task("t1"), h.snap().TaskDefinition("web:1")) {
		t.Error("a healthy target is not healthy")
	}
	h.do(report("i1", published("t1", 32999)))
	if got := h.decide("s1"); len(got) != 1 {
		t.Errorf("woken by %v after the target became another", got)
	}

	before := h.snap().Deployment("d1").FailedTasks
	h.do(putServiceCommand("s1", "web", 2, "se2", ""))
	plan := servicePlan(h, "se2", "s1", "")
	plan.Plan.Stops = []structs.Stop{{
		Task: "t1", Code: structs.StopServiceSchedulerInitiated, Reason: structs.ReasonTargetUnhealthy(h.snap().TargetGroup("g1")),
	}}
	h.do(plan)
	if got := h.snap().Deployment("d1").FailedTasks; got != before+1 {
		t.Errorf("%d failed tasks, was %d", got, before)
	}
	if got := h.events(2); got[0] != "(service web) has begun draining connections on 1 tasks." ||
		got[1] != "(service web) deregistered 1 targets in (target-group targetgroup/web-g1/g1)." {
		t.Errorf("events %q", got)
	}
}

// A task that ended by itself before its target was healthy never came up.
func TestATaskThatEndsBeforeItsTargetIsHealthyHasFailed(t *testing.T) {
	for _, state := range []string{structs.TargetInitial, structs.TargetHealthy} {
		h := balanced(t)
		h.do(report("i1", published("t1", 32768)))
		h.setTarget("t1", state)
		end := report("i1", structs.TaskUpdate{Task: "t1", Status: structs.TaskStopped, StopCode: structs.StopEssentialContainerExited})
		end.At = 30 + steadyUptime
		h.do(end)
		if got, want := h.snap().Deployment("d1").FailedTasks == 1, state == structs.TargetInitial; got != want {
			t.Errorf("%s: counted as failed: %v", state, got)
		}
	}
}
