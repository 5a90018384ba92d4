package task

import (
	"slices"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// scene makes containers like containers does, in which the first one waits for the second, b.
func scene(condition string, b string, change ...func(*container)) []container {
	list := containers("created", b)
	list[0].seen.Name, list[1].seen.Name = "a", "b"
	def := structs.ContainerDefinition{DependsOn: []structs.ContainerDependency{{ContainerName: "b", Condition: condition}}}
	list[0].needs = needsOf(&def, list)
	for _, f := range change {
		f(&list[1])
	}
	return list
}

func exited(code int32) func(*container) { return func(c *container) { c.seen.ExitCode = &code } }

func health(h string) func(*container) { return func(c *container) { c.seen.HealthStatus = h } }

// startedAt is a start at a time with a startTimeout in seconds.
func startedWith(at structs.Time, timeout int32) func(*container) {
	return func(c *container) { c.startedAt, c.spec.Definition.StartTimeout = at, &timeout }
}

// What is done next for a container that waits for another, and why it fails.
func TestDependencies(t *testing.T) {
	const now = structs.Time(100_000)
	for _, c := range []struct {
		list []container
		want string // what is done, or a part of the reason why a fails
		next structs.Time
	}{
		{scene("START", "created"), "start b", 0},
		{scene("START", "running"), "start a", 0},
		{scene("START", "~ended", exited(1)), "start a", 0}, // it has started
		{scene("START", "~failed"), "[b] for target [a] as dependency could not be started: CannotPull", 0},

		{scene("COMPLETE", "~running"), "nothing can be done", 0},
		{scene("COMPLETE", "~ended", exited(1)), "start a", 0},
		{scene("COMPLETE", "~failed"), "could not be started", 0},
		{scene("SUCCESS", "~running"), "nothing can be done", 0},
		{scene("SUCCESS", "~ended", exited(0)), "start a", 0},
		{scene("SUCCESS", "~ended", exited(3)), "as dependency did not exit successfully: exit code 3", 0},
		{scene("SUCCESS", "~ended", func(c *container) { c.seen.Reason = reasonRemoved }), "successfully: container was removed", 0},
		{scene("COMPLETE", "~running", func(c *container) { c.again = new(int32(1)) }), "restart b", 0},

		{scene("HEALTHY", "running", health("UNKNOWN")), "nothing can be done", 0},
		{scene("HEALTHY", "running", health("HEALTHY")), "start a", 0},
		{scene("HEALTHY", "running", health("UNHEALTHY")), "as dependency is UNHEALTHY", 0},
		{scene("HEALTHY", "~ended", health("HEALTHY"), exited(2)), "as dependency has ended: exit code 2", 0},

		{scene("HEALTHY", "running", startedWith(now-5000, 6)), "nothing can be done", now + 1000},
		{scene("HEALTHY", "running", startedWith(now-6000, 6)), "[b] for target [a] has timed out: it was not HEALTHY within its startTimeout of 6 seconds", 0},
		{scene("HEALTHY", "running", startedWith(now-6000, 6), health("HEALTHY")), "start a", 0},
		{scene("COMPLETE", "~running", startedWith(now-6000, 6)), "not COMPLETE within", 0},
		{scene("SUCCESS", "~running", startedWith(now-6000, 0)), "nothing can be done", 0},
		{scene("START", "created", startedWith(0, 6)), "start b", 0},
	} {
		next := failBlocked(c.list, nil, now)
		got := decide(toRun, c.list, nil, nil).words()
		if c.list[0].phase == phaseEnded {
			got = c.list[0].seen.Reason
			if !c.list[0].failed || !strings.HasPrefix(got, "CannotStartContainerError: dependency graph: ") {
				t.Errorf("failed %v with %q", c.list[0].failed, got)
			}
		}
		if !strings.Contains(got, c.want) || next != c.next {
			t.Errorf("%+v: %s until %d, want %s until %d", c.list[1], got, next, c.want, c.next)
		}
	}
}

// A container that fails blocks those that wait for it, one that a step is about does not fail yet,
// and one that runs has waited enough.
func TestWhoFails(t *testing.T) {
	list := containers("pulled", "none", "~ended", "running")
	for i, name := range []string{"a", "b", "c", "d"} {
		list[i].seen.Name = name
	}
	on := func(name string) []need {
		def := structs.ContainerDefinition{DependsOn: []structs.ContainerDependency{{ContainerName: name, Condition: "SUCCESS"}}}
		return needsOf(&def, list)
	}
	list[0].needs, list[1].needs, list[3].needs = on("b"), on("c"), on("c")
	failBlocked(list, []step{{createContainer, "b"}}, 0)
	if list[0].failed || list[1].failed {
		t.Error("one failed while a step was about it")
	}
	failBlocked(list, nil, 0)
	if !list[0].failed || !list[1].failed || list[3].failed {
		t.Errorf("failed: %v %v %v", list[0].failed, list[1].failed, list[3].failed)
	}
}

// A link waits for the start of a container, volumesFrom for its existence.
func TestLinksAndVolumesWait(t *testing.T) {
	list := containers("none", "none", "none")
	for i, name := range []string{"a", "b", "c"} {
		list[i].seen.Name = name
	}
	def := structs.ContainerDefinition{Links: []string{"b:db"}, VolumesFrom: []structs.VolumeFrom{{SourceContainer: "c"}}}
	list[0].needs = needsOf(&def, list)
	set := func(b, c phase) string {
		list[0].phase, list[1].phase, list[2].phase = phasePulled, b, c
		return decide(toRun, list, nil, nil).words()
	}
	for _, c := range []struct {
		b, c phase
		want string
	}{
		{phasePulled, phasePulled, "create b"}, // not a, although it comes first
		{phaseCreated, phasePulled, "create c"},
		{phaseCreated, phaseCreated, "create a"},
	} {
		if got := set(c.b, c.c); got != c.want {
			t.Errorf("%d and %d: %s, want %s", c.b, c.c, got, c.want)
		}
	}
	list[0].phase, list[1].phase = phaseCreated, phaseRunning
	list[2].failed, list[2].essential, list[2].phase = true, false, phaseEnded
	list[2].seen.RuntimeID = "id" // it could not be started, but its volumes are there
	if failBlocked(list, nil, 0); list[0].failed {
		t.Errorf("failed: %s", list[0].seen.Reason)
	}
	if got := decide(toRun, list, nil, nil).words(); got != "start a" {
		t.Error(got)
	}
	list[2].seen.RuntimeID = ""
	if failBlocked(list, nil, 0); !list[0].failed {
		t.Error("it waits for volumes that will never be there")
	}
}

// A container ends once those that wait for it have ended, and all at once if the agent is cut off.
func TestGoingDownInReverse(t *testing.T) {
	list := scene("START", "running")
	list[0].phase = phaseRunning
	for _, c := range []struct {
		w     wish
		taken []step
		want  string
	}{
		{toStop, nil, "end a"},
		{toStop, []step{{endContainer, "a"}}, "nothing can be done"},
		{toStopAtOnce, nil, "end a, end b"},
		{toStopAtOnce, []step{{endContainer, "a"}}, "end b"},
	} {
		if got := decide(c.w, list, nil, c.taken).words(); got != c.want {
			t.Errorf("%d with %v: %s, want %s", c.w, c.taken, got, c.want)
		}
	}
	list[0].phase = phaseEnded
	if got := decide(toStop, list, nil, nil).words(); got != "end b" {
		t.Error(got)
	}
	list[0].phase = phasePulled // it is being created
	if got := decide(toStop, list, nil, []step{{createContainer, "a"}}).words(); got != "nothing can be done" {
		t.Errorf("while a is created: %s", got)
	}
}

// Steps are taken as soon as they can be, whatever else is in progress.
func TestDecideBesideStepsInProgress(t *testing.T) {
	pull := step{pullImage, "b"}
	list := containers("none", "~none")
	if got := decide(toRun, list, nil, []step{pull}).steps; !slices.Equal(got, []step{{pullImage, "a"}}) {
		t.Errorf("beside a pull: %v", got)
	}
	list[0].phase = phasePulled // the sidecar's image is late
	if got := decide(toRun, list, nil, []step{pull}).words(); got != "create a" {
		t.Errorf("beside the pull of a sidecar: %s", got)
	}
	list[0].phase = phaseCreated
	if got := decide(toRun, list, nil, []step{pull}).words(); got != "start a" {
		t.Errorf("beside the pull of a sidecar: %s", got)
	}
	list[0].phase = phaseRunning
	if d := decide(toRun, list, nil, []step{pull}); d.done || len(d.steps) > 0 {
		t.Errorf("beside the pull of a sidecar: %s", d.words())
	}
	if d := decide(toStop, containers("none"), nil, []step{{pullImage, "a"}}); d.done {
		t.Error("it finishes while a pull is in progress")
	}
	list = containers("created", "pulled", "running")
	list[1].essential = false
	list[2].again = new(int32(1))
	if got := decide(toRun, list, nil, []step{{startContainer, "a"}}).words(); got != "nothing can be done" {
		t.Errorf("beside a start: %s", got)
	}
}
